"""The look of the page of a review: one palette for text and pictures, light and dark."""

from typing import Final

LIGHT: Final = {
    "paper": "#ffffff",
    "panel": "#f6f8fa",
    "line": "#d0d7de",
    "soft": "#59636e",
    "ink": "#1f2328",
    "accent": "#0858c4",
    "accent-bg": "#ddecff",
    "added": "#0f6e31",
    "added-bg": "#dafbe1",
    "changed": "#875000",
    "changed-bg": "#fff3cd",
    "removed": "#b4232c",
    "removed-bg": "#ffe3e1",
}
DARK: Final = {
    "paper": "#0d1117",
    "panel": "#161b22",
    "line": "#3a424c",
    "soft": "#9da7b3",
    "ink": "#e6edf3",
    "accent": "#79b8ff",
    "accent-bg": "#12304f",
    "added": "#56d47a",
    "added-bg": "#0f3120",
    "changed": "#eab54d",
    "changed-bg": "#3a2c09",
    "removed": "#ff8a82",
    "removed-bg": "#48191c",
}
"""Name -> colour. Text stands out from what it is on by 4.5 to 1 or more (WCAG 2.2, 1.4.3), as tested."""

FONT: Final = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif'


def variables(selector: str) -> str:
    """Declare the palette for a selector, dark where the reader prefers that."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in each.items()) for each in (LIGHT, DARK))
    return f"{selector}{{{light}}}@media(prefers-color-scheme:dark){{{selector}{{{dark}}}}}"


PAGE: Final = """
*{box-sizing:border-box}
html{color-scheme:light dark;scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 FONT;overflow-wrap:anywhere}
header,nav,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 16px;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 12px}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.verdict{border:1px solid var(--line);border-left:6px solid var(--added);border-radius:8px;
background:var(--panel);padding:14px 18px;font-size:1.1rem;font-weight:600;margin:0;max-width:none}
.verdict.alarm{border-left-color:var(--removed)}
.mark{display:inline-block;border-radius:999px;padding:0 10px;margin-right:8px;font-size:.85rem;
font-weight:700;background:var(--added-bg);color:var(--added);white-space:nowrap;vertical-align:.06em}
.alarm .mark,.mark.alarm{background:var(--removed-bg);color:var(--removed)}
nav{margin-top:20px}
nav ol{display:flex;flex-wrap:wrap;gap:8px;list-style:none;margin:0;padding:0}
nav a{display:block;border:1px solid var(--line);border-radius:999px;padding:4px 14px;text-decoration:none;
font-size:.925rem}
nav a:hover{background:var(--accent-bg)}
section{border-top:1px solid var(--line);margin-top:32px;padding-top:24px}
p{margin:0 0 12px;max-width:80ch}
ul{margin:0 0 12px;padding-left:22px}
li{margin:2px 0}
.scroll{overflow-x:auto;margin:0 0 16px;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.925rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:7px 12px;border-bottom:1px solid var(--line);min-width:4.5em}
td{overflow-wrap:break-word}
tr:last-child td{border-bottom:0}
th{background:var(--panel);font-weight:600;white-space:nowrap}
.n{text-align:right;white-space:nowrap}
pre{margin:0;padding:10px 0;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace;min-width:max-content}
pre span{display:block;padding:0 14px;white-space:pre;min-height:1.5em}
pre .a{background:var(--added-bg);color:var(--added)}
pre .r{background:var(--removed-bg);color:var(--removed)}
pre .h{color:var(--accent);background:var(--panel)}
details{border:1px solid var(--line);border-radius:8px;margin:0 0 12px;padding:0 14px}
summary{cursor:pointer;padding:9px 0;font-weight:600}
details[open]>summary{border-bottom:1px solid var(--line);margin-bottom:12px}
figure{margin:0 0 28px}
figcaption{font-weight:600;margin:0 0 8px}
figure .scroll{background:var(--paper);padding:12px}
figure svg{display:block;margin:0 auto}
footer{color:var(--soft);font-size:.875rem;padding-top:24px;padding-bottom:40px}
@media(max-width:600px){header,nav,main,footer{padding-left:14px;padding-right:14px}h1{font-size:1.4rem}}
@media print{.scroll{overflow:visible}nav{display:none}}
""".replace("FONT", FONT).strip()
