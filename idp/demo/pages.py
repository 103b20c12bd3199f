"""The looks of the demo's applications: one calm page with different words.

Values are escaped by the template; nothing is fetched from elsewhere.
"""

from typing import Any

import jinja2

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d7dce3;
  --paper: #fff; --ground: #f4f6f8; --accent: #1f5fbf; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a3adba;
  --line: #39424f; --paper: #1b212a; --ground: #12161c; --accent: #8ab4f8;
  --on-accent: #10151c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 3rem auto; padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: .75rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline;
  justify-content: space-between; }
h1 { font-size: 1.5rem; margin: 0; }
p.soft, dt { color: var(--soft); }
a { color: var(--accent); }
a.button, button { display: inline-block; min-height: 44px; padding: .6rem 1.2rem;
  border: 0; border-radius: .5rem; background: var(--accent); color: var(--on-accent);
  font: inherit; text-decoration: none; cursor: pointer; }
button.plain { background: none; color: var(--accent); border: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
"""

LAYOUT = (
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ heading }} - {{ name }}</title>
<link rel="icon" href="data:,">
<style>"""
    + STYLE
    + """</style>
</head>
<body data-page="{{ mark }}">
<main>
<header><h1>{{ name }}</h1>{% if person %}<span>{{ person }}</span>{% endif %}</header>
<h2>{{ heading }}</h2>
{% for sentence in sentences %}<p>{{ sentence }}</p>
{% endfor %}{% if facts %}<dl>{% for term, fact in facts.items() %}
<dt>{{ term }}</dt><dd>{{ fact }}</dd>{% endfor %}
</dl>{% endif %}
{% if asks %}<form method="post">{% for words, field in asks.items() %}
<p><label>{{ words }}<br><input name="{{ field }}" autocomplete="off"></label></p>
{% endfor %}<button>Add</button></form>{% endif %}
<nav>
{% for words, address in links.items() %}
<a {% if loop.first %}class="button" {% endif %}href="{{ address }}">{{ words }}</a>
{% endfor %}{% if person %}
<form method="post" action="/sign-out" data-action="sign-out">
<button class="plain">Sign out</button></form>{% endif %}
</nav>
</main>
</body>
</html>
"""
)

_template = jinja2.Environment(autoescape=True).from_string(LAYOUT)


def page(name: str, heading: str, *sentences: str, **more: Any) -> str:
    """Renders a page of the application `name`; `more` as in the template."""
    none: dict[str, Any] = {"facts": {}, "links": {}, "asks": {}}
    values = {"mark": "demo", "person": "", **none, **more}
    return _template.render(name=name, heading=heading, sentences=sentences, **values)


def message(name: str, heading: str, *sentences: str) -> str:
    """Renders a page that says something and leads home."""
    return page(name, heading, *sentences, mark="message", links={"Back": "/"})
