"""The pages of a report: the index as a Jinja template, and what notebooks add."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ run }} · braintumor</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5;
  --paper: #ffffff; --panel: #f5f7f9; --link: #0b5cad; --mark: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa5b3;
  --line: #333b46; --paper: #14181d; --panel: #1c2229; --link: #7db7f0;
  --mark: #e0b35c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem;
  overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .75rem; }
p { margin: .4rem 0; max-width: 46rem; }
a { color: var(--link); }
.soft, small { color: var(--soft); font-size: .875rem; }
.note { border-left: 3px solid var(--mark); padding: .1rem 0 .1rem .9rem;
  margin: 1rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .42rem .8rem .42rem 0; vertical-align: baseline;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; font-size: .875rem; }
th small { font-weight: 400; display: block; }
td b { font-weight: 650; }
td small { white-space: nowrap; }
tr.baseline td { color: var(--soft); }
tr.task th { padding-top: 1.4rem; font-size: 1rem; }
ol.notebooks { list-style: none; padding: 0; margin: 0; }
ol.notebooks li { padding: .7rem 0; border-bottom: 1px solid var(--line); }
ol.notebooks a { font-weight: 600; text-decoration: none; }
ol.notebooks .soft { float: right; margin-left: 1rem; }
.figures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.figures a { display: flex; flex-direction: column; text-decoration: none;
  border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.figures img { display: block; width: 100%; height: 11rem; object-fit: contain;
  background: #fff; padding: .4rem; }
.figures span { padding: .35rem .7rem; font-size: .85rem; background: var(--panel);
  color: var(--soft); flex: 1; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem;
  margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
details { margin: .35rem 0; } summary { cursor: pointer; }
pre { background: var(--panel); padding: .8rem; overflow-x: auto; font-size: .8rem;
  border-radius: 6px; }
</style>
</head>
<body><main>
<h1>{{ run }}</h1>
<p class="soft">{{ finished }} · {{ minutes }} of computing on {{ machine }} ·
{{ code }}</p>
<div class="note">
{% if phantom %}<p>Phantoms, not patients: this run shows that everything works.
Its numbers are no results.</p>{% endif %}
<p>Teaching and research material, not for diagnosis.</p>
</div>

<h2>How often each model is right, in three views of the test slices</h2>
<p>Accuracy with its 95 % interval. <i>As shipped</i> is the published test folder,
<i>deduplicated</i> leaves out exact repeats, <i>group-disjoint</i> leaves out every
slice that has a relative in training. The rows in grey never looked at a brain.</p>
<div class="scroll"><table>
{% for task in tasks %}
<tr class="task"><th>{{ task.title }}</th>
{% for view in task.views %}<th>{{ view.title }}<small>n = {{ view.n }}</small></th>
{% endfor %}</tr>
{% for row in task.rows %}
<tr{% if row.baseline %} class="baseline"{% endif %}><td>{{ row.model }}
{% if row.published %}<small>published {{ row.published }}</small>{% endif %}</td>
{% for cell in row.cells %}
<td>{% if cell %}<b>{{ cell.value }}</b> <small>{{ cell.interval }}</small>
{% else %}–{% endif %}</td>
{% endfor %}</tr>
{% endfor %}
{% endfor %}
</table></div>
<p class="soft">Every metric: <a href="../results.csv">results.csv</a></p>

<h2>The notebooks as they ran</h2>
<ol class="notebooks">
{% for notebook in notebooks %}
<li><span class="soft">{{ notebook.time }}</span>
<a href="{{ notebook.page }}">{{ notebook.title }}</a>
{% if notebook.finding %}<p>{{ notebook.finding }}</p>{% endif %}</li>
{% endfor %}
</ol>

{% if figures %}<h2>Figures</h2>
<div class="figures">
{% for figure in figures %}
<a href="{{ figure.page }}"><img loading="lazy" src="{{ figure.file }}" alt="">
<span>{{ figure.title }}</span></a>
{% endfor %}
</div>{% endif %}

<h2>What made it</h2>
<dl>{% for name, value in facts %}<dt>{{ name }}</dt><dd>{{ value }}</dd>
{% endfor %}</dl>
<h2>Full records</h2>
{% for notebook in notebooks %}
<details><summary>{{ notebook.name }}</summary>
<pre>{{ notebook.record }}</pre></details>
{% endfor %}
</main></body></html>
"""

PAGE_STYLE = """<style>
body.jp-Notebook { max-width: 62rem; margin: 0 auto; }
.back { font: .875rem system-ui, "DejaVu Sans", sans-serif; padding: 1rem 0 0 1.75rem; }
.jp-RenderedHTMLCommon table { margin-left: 0; }
.jp-OutputArea-output { overflow-x: auto; min-width: 0; }
.jp-OutputArea-output .highlight pre { padding: .5rem; overflow-x: auto;
  font: .8rem/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace;
  background: #f5f5f5; }
.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"] {
  background: transparent; color: #5b6675; }
</style>"""
BACK_LINK = '<p class="back"><a href="index.html">← all notebooks of this run</a></p>'
