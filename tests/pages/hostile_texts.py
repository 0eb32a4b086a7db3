"""Texts that would do harm if any of them reached a page as it is."""

from __future__ import annotations

HOSTILE = {
    "script": "<script>alert(1)</script><svg onload=alert(1)><img src=x onerror=alert(1)>",
    "breaking out": "</title></style></svg></desc><script>alert(1)</script>",
    "comment": "--><script>alert(1)</script><!--",
    "attributes": '" onmouseover="alert(1)" x="',
    "link": "[x](javascript:alert(1)) javascript:alert(1)",
    "formulas": r"$\frac{1}{$ $$\begin{matrix} \text{<script>alert(1)</script>} $\href{javascript:alert(1)}{x}$",
    "escapes": "\x1b]0;x\x07\x1b[31m\u202eevil\u2066\x00",
    "braces": "{" * 100_000 + "$" * 1001,
    "long": "x" * 5_000_000,
    "templates": "{{ 7 * 7 }} {% include '/etc/passwd' %}",
}
