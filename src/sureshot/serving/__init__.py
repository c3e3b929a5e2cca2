"""A bundle over HTTP: bytes of an image in, its class, probabilities and decision out.

What a request meets, in order:

starting   what can be wrong, before anybody asks
server     connections with deadlines, and a stop that answers what is under way
gate       who may ask, and whether there is room: refusals cost little and come before the body
access     the Host, Origin and token that are asked for
bodies     a body within its limits, and the several images of one
app        the routes, as FastAPI documents them
service    the strict count of images under way, from bytes to answers
decoders   processes that decode, and can open no file; decoder is what runs in them
batching   the images that wait together go through the network together
answers    the JSON that is given
refusals   every code of a no, with its status
metrics    counts for Prometheus
"""

from sureshot.serving.access import Access, grant, read_token
from sureshot.serving.limits import Limits
from sureshot.serving.starting import serve

__all__ = ["Access", "Limits", "grant", "read_token", "serve"]
