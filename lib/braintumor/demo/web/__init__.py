"""The web page and the JSON interface; `create_app` is their public face.

Nothing that is uploaded is stored: it lives in memory while it is answered, and the
page carries its pictures itself.
"""

from braintumor.demo.web.application import create_app
from braintumor.demo.web.busy import make_refuser
from braintumor.demo.web.settings import Settings

__all__ = ["Settings", "create_app", "make_refuser"]
