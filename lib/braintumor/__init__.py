"""Brain-tumour classification on MRI slices, taught and measured honestly.

The flow is one way: `data` makes arrays, `modeling` trains on them, `evaluation`
scores predictions, `reporting` shows scores, `demo` answers uploads.
"""

__version__ = "0.1.0"
