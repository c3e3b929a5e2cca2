"""Files that hold many images, and the one way to read an image that an index knows.

The files, from the outside in:

finding      a file or folder → its parts: lists of images, with labels and split
reading      an id → what one image is made from
opening      which form a file has; the last few stay open
pixel_table, idx, cifar, numpy_files, parquet    one form each
pixel_columns  what the columns of a table of pixels are
arrays       one array in NumPy's format
pickled      the data in a pickle, without running it
pixels       arrays of any kind → uint8
names        labels → class names
bytewise     bytes by their place, and what unpacking may cost
kept         the last few things that were made
parts        the nouns
item         one image to be predicted
"""

from sureshot.containers.finding import find
from sureshot.containers.item import Item
from sureshot.containers.parts import Part
from sureshot.containers.reading import content, file_of, indexed

__all__ = ["Item", "Part", "content", "file_of", "find", "indexed"]
