"""The look of the page."""

STYLE = """
:root{color-scheme:light dark;--back:#fff;--card:#f6f7f9;--text:#1b1f24;--faint:#57606a;--line:#d0d7de;
--good:#1a7f37;--bad:#cf222e;--open:#0969da;--warn:#9a6700}
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--card:#161b22;--text:#e6edf3;--faint:#9da7b1;--line:#30363d;
--good:#3fb950;--bad:#ff7b72;--open:#58a6ff;--warn:#d29922}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:76rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin:2rem 0 .75rem}h3{font-size:1rem;margin:0}
p{margin:.4rem 0}small{display:block;color:var(--faint);font-weight:normal;font-size:.8rem}
.faint,figcaption,footer,summary{color:var(--faint);font-size:.875rem}
.good{color:var(--good)}.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin:0}
.tiles div,article{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem}
dt{color:var(--faint);font-size:.875rem}dd{margin:0;font-size:1.4rem;font-variant-numeric:tabular-nums}
dd small{line-height:1.2}dd small span{display:inline}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:.75rem}
article.alert{border-left:.3rem solid var(--bad)}
figure{margin:.5rem 0;max-width:26rem}figure svg{width:100%}
.badge{font-size:.8rem;border:1px solid currentColor;border-radius:1rem;padding:0 .5rem;color:var(--open)}
.badge.keep{color:var(--good)}.badge.revert,.badge.invalid{color:var(--bad)}.badge.adjust{color:var(--warn)}
ul{padding-left:1.2rem;font-size:.875rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.4rem .5rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child{text-align:left;overflow-wrap:anywhere;min-width:9rem}
thead th{color:var(--faint);font-weight:normal;vertical-align:bottom}
td svg{width:7.5rem;height:1.9rem;vertical-align:middle}
svg text{fill:var(--text);font-size:12px}svg .faint{fill:var(--faint);font-size:11px}
.zero{stroke:var(--faint);stroke-dasharray:3 3}
.band{stroke-width:8;stroke-linecap:round;opacity:.45}.thin{stroke-width:4}
.course{fill:none;stroke:var(--open);stroke-width:1.5}.hollow{fill:var(--card);stroke:var(--faint);stroke-width:1.5}
.dot.good{fill:var(--good)}.dot.bad{fill:var(--bad)}.dot.open{fill:var(--open)}
.band.good{stroke:var(--good)}.band.bad{stroke:var(--bad)}.band.open{stroke:var(--open)}
@media(max-width:52rem){thead{display:none}table,tbody{display:block}
tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));border:1px solid var(--line);
border-radius:.5rem;background:var(--card);padding:.6rem;margin-bottom:.75rem}
th[scope=row]{grid-column:1/-1;border:0;padding:0 0 .3rem}td{border:0;text-align:left;padding:.2rem 0}
td::before{content:attr(data-of);display:block;color:var(--faint);font-size:.75rem}td:empty{display:none}}
"""
