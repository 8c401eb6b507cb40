"""What somebody may write into a product's name, a category or copy to break out of a mail."""

from __future__ import annotations

#: Markup, attributes, styles, templates of this and of other systems.
MARKUP = (
    "<script>alert(1)</script>",
    "</td></tr></table><h1>Your account is locked</h1>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><a href="https://evil.example">click</a>',
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "x\" style=\"position:fixed;top:0;left:0;width:100%;height:100%",
    "</style><style>body{display:none}</style>",
    "</title><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<!--", "-->", "<![endif]-->", "<!--[if mso]><h1>x</h1><![endif]-->", "]]>", "<![CDATA[x]]>",
    "&lt;script&gt;", "&#60;script&#62;", "&#x3c;b&#x3e;", "&nbsp;&colon;&lpar;",
    "<base href=https://evil.example/>", "<form action=https://evil.example><input name=password>",
    "＜script＞alert(1)＜/script＞",
    "`alert(1)`", "\\u003cscript\\u003e", "%3Cscript%3E",
    "x{background:url(https://evil.example/x)}", "expression(alert(1))", "@import 'https://evil.example/x.css';",
    "{{7*7}}", "{% raw %}", "{%- for x in ().__class__.__base__.__subclasses__() -%}", "{{ self.__init__.__globals__ }}",
    "{{ config }}", "{#", "#}", "{{ phrases.view", "}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "*|MC:SUBJECT|*", "[[7*7]]",
    "{{ person.email }}", "{% unsubscribe %}", "%%unsubscribe_url%%", "%(shop)s", "%s%n",
)  # fmt: skip
#: Lines and headers, and characters that nobody sees.
UNSEEN = (
    "Hello\r\nBcc: everybody@example.com", "Hello\nSubject: other", "Hello\r\n\r\n<h1>body</h1>", "Hello\x00there",
    "Hello\u2028Bcc: x", "Hello\u2029x", "Hello\x85Bcc: x", "Hello\x0bBcc: x", "Hello\x1b[31m",
    "\u202egnp.exe", "\u202d\u2066abc\u2069", "\u2067right to left", "\u200bzero\u200bwidth\u200b", "\ufeffmark", "soft\u00adhyphen",
    "tag\U000e0041\U000e007f", "private\ue000use", "=?utf-8?q?=0D=0ABcc:_x?=", "Z\u0341\u0341\u0341\u0341\u0341\u0341\u0341\u0341a",
    "\u3164", "\u2800\u2800", " \t ",
)  # fmt: skip
#: What mail clients make links of.
LINKS = (
    "http://evil.example/login", "https://evil.example", "HTTPS://EVIL.EXAMPLE", "www.evil.example", "evil.com/login",
    "pay at evil.co", "account@evil.example", "mailto:a@evil.example", "javascript:alert(1)", "tel:+4912345678", "ev\u200bil.com",
    "evil\u3002com", "evil．com", "ftp://evil.example", "//evil.example/x", "[click](https://evil.example)",
)  # fmt: skip
#: What stands where a web address is meant.
ADDRESSES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd", "ftp://shop.example/x",
    "//evil.example/x", "/relative", "relative", "", "https:", "https://", "https:///x", "http:evil.example", "https:/evil.example",
    "https://shop.example@evil.example/", "https://user:secret@shop.example/", "https://shop.example\\@evil.example/",
    'https://shop.example/" onclick="alert(1)', "https://shop.example/'x", "https://shop.example/<b>", "https://shop.example/ x",
    "https://shop.example/\r\nX: y", "https://shop.example/\x00", "https://shop.example:99999/", "https://shop.example:x/",
    "https://shop.example/{{7*7}}", "https://shöp.example/", "https://shop.example/\u202e", "https://[::1/", "https://sh op.example/",
    "cid:x", "blob:https://shop.example/x", "about:blank", "https://-shop.example/", "https://shop..example/", f"https://shop.example/{'x' * 2000}",
)  # fmt: skip
TEXTS = (*MARKUP, *UNSEEN, *LINKS)
