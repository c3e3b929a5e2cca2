"""Names that would break a page which trusts them; each can be the name of a folder."""

CLASSES = (
    "<img src=x onerror=window.broken=1>",
    "😀 :smile: $x^2$ [a](http:) `b` %{x}",
    "مرحبا بالعالم",
    "n" * 200,
)
RUN = "<script>window.broken=1;alert(1)<script> 🚀 **x**"
FILE = "<img src=x onerror=window.broken=1> مرحبا " + "f" * 100 + ".png"
