"""Cases for jinja_goldens.py: one feature each, and our own chat templates in the style of well-known model families."""

D = {
    "s": "hello", "t": "Grüße, 世界 🌍", "n": 5, "f": 2.5, "z": 0, "yes": True, "no": False, "nil": None, "empty": "",
    "l": [3, 1, 2], "words": ["b", "A", "c", "a"], "d": {"b": 1, "a": 2, "C": 3}, "nested": {"x": {"y": [10, 20, 30]}},
    "people": [{"name": "Ann", "age": 30, "tags": ["x"]}, {"name": "bob", "age": 25}, {"name": "Cy", "age": 30, "tags": []}],
    "spaces": "  a b  c ", "lines": "one\n two\n\nthree", "quote": "it's \"q\"", "html": "<a href='x'>&</a>",
}

# One expression each: rendered as {{ expression }}.
EXPRESSIONS = """
s
t
n
f
yes
no
nil
l
d
nested
people
missing
missing.x
missing['x']
missing()
missing + 1
1 + missing
missing ~ 'x'
-missing
missing == other
missing == none
missing != 1
missing < 1
missing in l
1 in missing
missing|length
missing|list
missing|default('dd')
missing.x|default('dd')
d.missing.x
d.missing|default('none here')
empty|default('e')
empty|default('e', true)
nil|default('e')
nil|default('e', boolean=True)
missing|d(5)
1 + 2 * 3
(1 + 2) * 3
7 / 2
6 / 2
7 // 2
-7 // 2
7 % 3
-7 % 3
7 % -3
7.5 % 2
-7.5 // 2
2 ** 10
2 ** -1
2 ** 0.5
2 ** 3 ** 2
-2 ** 2
1 / 0
1 % 0
1 // 0
1.0 // 0
0.1 + 0.2
1e3
1e16
1e15
1.5e-5
0.0001
0.00001
123456789.125
1e100
-0.0
100000.0
1_000 + 1
0x1F
0b101
0o17
5.0
3 * 'ab'
'ab' * 3
'ab' * -1
[1] * 3
(1, 2) * 2
'a' + 'b'
'a' + 1
1 + 'a'
[1] + [2]
(1,) + (2,)
[1] + (2,)
'a' ~ 1 ~ 2.0 ~ true ~ none ~ [1, 'x']
1 ~ 2
1 + 2 ~ 3
true + 1
true == 1
1 == 1.0
'1' == 1
none == none
none == false
[1, 2] == [1, 2]
[1, 2] == (1, 2)
{'a': 1} == {'a': 1.0}
1 < 2 < 3
1 < 2 > 3
3 > 2 >= 2 != 1
'a' < 'b'
'a' < 1
[1, 2] < [1, 3]
none < 1
(1, 'a') < (1, 'b')
1 < 1.5
not true
not not 1
not missing
true and false
1 and 2
0 and 2
0 or 'x'
'' or none
1 or missing.x
not 1 == 2
true or false and false
'a' in 'abc'
'z' not in 'abc'
1 in [1, 2]
1 not in [1, 2]
'a' in d
'zz' in d
1 in 'abc'
1 in 5
not 'a' in 'abc'
'x' if true else 'y'
'x' if false else 'y'
'x' if false
('x' if false) is undefined
'a' if 0 else 'b' if 0 else 'c'
[1, 2, 3]
[1, 2, 3,]
[]
()
(1,)
(1, 2)
1, 2
{}
{'a': 1, 'b': [1, {'c': none}]}
{'a': 1,}
{1: 'x', 1.0: 'y', true: 'z'}
{(1, 2): 3}
{[1]: 2}
{'a': 'it\\'s', 'b': 'q"q', 'c': 'both \\' "'}
['\\n', '\\t', '\\\\', '\\x01', 'é', '世', '\\u200b', '\\x7f', '\\xa0']
'a\\nb'
"a\\tb"
'\\u00e9\\x41\\101'
'\\q'
'\\'
'a' 'b' "c"
'unclosed
1 +
(1
1)
[1, 2
{'a' 1}
a b
1 2
$
a ? b
nested.x.y
nested['x']['y'][1]
nested.x.y.1
nested.x['y'].2
nested.x.y[5]
nested.x.y['a']
nested.x.y[-1]
l[0]
l[-1]
l[10]
l[1:]
l[:1]
l[:-1]
l[::2]
l[::-1]
l[5:]
l[-2:]
l[1:2]
l[0:10:3]
l[2:0:-1]
l[::0]
l[1.5]
l['a':]
s[0]
s[-1]
s[1:3]
s[::-1]
s[10]
s[:2] ~ s[2:]
t[-1]
t[7:9]
t[::-1]
t|length
t[-1:]
n[0]
n.x
nil.x
nil['x']
yes[0]
d.a
d['a']
d.items
d['items']
d.items()
d.keys()
d.values()
d.items()|list
d.keys()|list
d.get('a')
d.get('zz')
d.get('zz', 'dflt')
d.get()
d.get('a', 1, 2)
d.nothing()
d[0]
d[l]
d[none]
s.upper()
s.lower()
s.title()
'they\\'re bill\\'s'.title()
'they\\'re bill\\'s'|title
s.capitalize()
'HELLO wORLD'|capitalize
s.nothing
s.nothing()
s.__class__
s.__class__.__mro__
d.__class__
l.__len__
''.__class__.__mro__[1].__subclasses__()
s.startswith('he')
s.startswith('lo')
s.startswith(('x', 'h'))
s.startswith(1)
s.endswith('lo')
s.endswith(('x', 'o'))
s.replace('l', 'L')
s.replace('l', 'L', 1)
s.replace('', '-')
s.replace('zz', 'L')
s.find('l')
s.find('z')
t.find('世')
s.rfind('l')
s.index('l')
s.index('z')
s.count('l')
s.count('')
spaces.strip()
spaces.lstrip() ~ '|'
spaces.rstrip() ~ '|'
spaces.strip(' a')
'xxaxx'.strip('x')
'xxaxx'.lstrip('x')
'xxaxx'.rstrip('x')
spaces.split()
spaces.split(' ')
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,,c'.split(',')[-1]
'a b  c d'.split(none, 2)
'a b  c d'.split(maxsplit=1)
'a,b,c'.rsplit(',', 1)
'a b  c d'.rsplit(none, 1)
'a'.split('')
''.split()
''.split(',')
lines.splitlines()
lines.splitlines(true)
'a-b-c'.partition('-')
'a-b-c'.rpartition('-')
'abc'.partition('-')
'-'.join(['a', 'b'])
'-'.join('abc')
'-'.join([1, 2])
'5'.isdigit()
'5a'.isdigit()
'ab'.isalpha()
'a1'.isalnum()
' '.isspace()
'AB'.isupper()
'ab'.islower()
'aBc'.swapcase()
'7'.zfill(3)
'-7'.zfill(4)
'ab'.ljust(5) ~ '|'
'ab'.rjust(5)
'ab'.center(5) ~ '|'
'abc'.center(6, '*')
'prefix-x'.removeprefix('prefix-')
'x.txt'.removesuffix('.txt')
l.index(2)
l.index(99)
l.count(1)
l.copy()
l.nothing
range(3)
range(3)|list
range(1, 7, 2)|list
range(5, 0, -2)|list
range(0)|list
range(3)[1]
range(10)[2:4]|list
range(1000000)
range('a')
range(1, 2, 0)
dict(a=1, b=2)
dict([('a', 1)])
dict({'a': 1}, b=2)
namespace(a=1).a
namespace(a=1).b
namespace({'a': 3}).a
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y')
strftime_now('%A, %B %d, %Y %H:%M:%S %j %p %I %y %%')
raise_exception('no')
joiner('|')()
[s, n]|join(', ')
l|join
l|join('-')
people|join(', ', attribute='name')
'abc'|join('.')
d|join(',')
5|join
l|length
d|length
s|length
5|length
nil|length
l|count
s|upper
5|upper
t|upper
'ß'|upper
s|lower
none|lower
'hello world-foo (bar'|title
spaces|trim ~ '|'
5|trim
'xxaxx'|trim('x')
s|replace('l', 'L')
s|replace('l', 'L', 1)
5|replace(5, 6)
s|reverse
l|reverse
l|reverse|list
5|reverse
l|first
l|last
''|first
[]|first
[]|last
s|first
s|last
5|first
d|first
l|sort
l|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
people|sort(attribute='age')|map(attribute='name')|list
people|sort(attribute='age', reverse=true)|map(attribute='name')|list
people|sort(attribute='age,name')|map(attribute='name')|list
[1, 'a']|sort
d|dictsort
d|dictsort(true)
d|dictsort(false, 'value')
d|dictsort(by='value', reverse=true)
d|dictsort(by='zz')
l|dictsort
d|items|list
missing|items|list
l|items
d|list
d|items
s|list
5|list
l|min
l|max
[]|max
words|max
people|max(attribute='age')
l|sum
[]|sum
people|sum(attribute='age')
[1, 'a']|sum
words|unique|list
words|unique(case_sensitive=true)|list
people|unique(attribute='age')|map(attribute='name')|list
people|map(attribute='name')|list
people|map(attribute='name')|join(', ')
people|map(attribute='tags', default='-')|list
people|map(attribute='tags')|list
people|map(attribute='tags.0')|list
words|map('upper')|list
words|map('replace', 'a', 'X')|list
words|map('nothing')|list
words|map
5|map('upper')|list
people|selectattr('tags')|map(attribute='name')|list
people|selectattr('tags', 'defined')|map(attribute='name')|list
people|selectattr('age', 'equalto', 30)|map(attribute='name')|list
people|selectattr('age', '==', 30)|list|length
people|selectattr('age', 'gt', 26)|map(attribute='name')|list
people|rejectattr('age', 'equalto', 30)|map(attribute='name')|list
people|rejectattr('tags', 'defined')|map(attribute='name')|first
people|selectattr('name', 'in', ['Ann', 'Cy'])|map(attribute='name')|list
people|selectattr
people|selectattr('age', 'nothing')|list
l|select('odd')|list
l|select('gt', 1)|list
l|reject('odd')|list
l|reject('equalto', 2)|list
[0, 1, '', 'a', none]|select|list
[0, 1, '', 'a', none]|reject|list
l|select('odd')|length
l|select('odd')|first
l|select('odd')|last
l|map('string')|list
l|select
'3'|int
'3.7'|int
'x'|int
'x'|int(9)
'ff'|int(0, 16)
'0xff'|int(base=16)
3.9|int
-3.9|int
none|int
missing|int
true|int
' 42 '|int
'1_0'|int
[]|int(4)
'3.5'|float
'x'|float
'x'|float(1.5)
3|float
'inf'|float
'1e3'|float
-5|abs
5.5|abs
'x'|abs
2.567|round
2.567|round(2)
2.5|round
3.5|round
2.1|round(0, 'ceil')
2.9|round(method='floor')
42|round
2.5|round|int
lines|indent
lines|indent(2)
lines|indent(2, true)
lines|indent(2, first=true, blank=true)
lines|indent('> ')
5|indent
lines|indent(width=1)
s|string
5|string
l|string
none|string
5|string + 'x'
html|safe
html|escape
html|e
5|safe
s|capitalize
s|center(11) ~ '|'
'%s is %d years and %.2f' % ('x', 5, 2.345)
'%s' % s
'%s' % none
'%5d|%-5d|%05d' % (1, 2, 3)
'%d' % 'x'
'%s %s' % 'a'
'%s' % ('a', 'b')
'%(a)s' % {'a': 1}
'100%%' % ()
'%r' % 'a'
'%x' % 255
'%s-%s'|format('a', 'b')
'a b c'|wordcount
s|truncate(3)
'a long text that goes on and on'|truncate(15)
'a long text that goes on and on'|truncate(15, true)
'a long text that goes on and on'|truncate(15, false, '~', 0)
l|batch(2)|list
l|batch(2, 'x')|list
people|groupby('age')|list|length
'a b/c?d=é'|urlencode
s|attr('upper')
d|attr('a')
s|nothing
nothing|nothing
s|upper|lower|title
s|upper()
s|upper(1)
d|tojson
l|tojson
people|tojson
s|tojson
t|tojson
quote|tojson
html|tojson
lines|tojson
'\\x01\\x1f\\x7f/'|tojson
nil|tojson
yes|tojson
f|tojson
1e16|tojson
1e-7|tojson
(1, 2)|tojson
missing|tojson
range(2)|tojson
{1: 'a', none: 2, true: 3, 2.5: 4}|tojson
{}|tojson
[]|tojson
d|tojson(indent=2)
people|tojson(indent=4)
[[], {}, [1], {'a': []}]|tojson(indent=2)
l|tojson(indent='--')
t|tojson(ensure_ascii=true)
d|tojson(separators=(',', ':'))
d|tojson(indent=2, separators=(',', ': '))
d|tojson(sort_keys=true)
l|tojson(indent=0)
s is defined
missing is defined
missing is not defined
missing is undefined
d.zz is defined
missing.x is defined
nil is none
s is none
nil is not none
s is string
n is string
d is mapping
l is mapping
l is iterable
s is iterable
n is iterable
d is iterable
nil is iterable
l is sequence
s is sequence
d is sequence
n is sequence
nil is sequence
missing is sequence
missing is iterable
d.items() is sequence
d.items() is iterable
range(2) is sequence
yes is true
n is true
1 is true
no is false
0 is false
yes is boolean
n is boolean
n is integer
yes is integer
f is integer
f is float
n is float
n is number
yes is number
s is number
n is odd
n is even
n is divisibleby 5
n is divisibleby(3)
n is eq 5
n is ne 5
n is gt 4
n is lt(4)
n is ge 5
n is le 4
s is in ['hello']
1 is in [1, 2]
s is sameas s
nil is sameas none
'ABC' is upper
'abc' is lower
range is callable
s is callable
'upper' is filter
'zz' is filter
'odd' is test
s is nothing
s is not nothing
n is odd and yes
n is odd is even
s is string and s is not none
not s is string
n is not odd or yes
(n is odd) ~ ''
-n is number
n + 1 is even
s|length is eq 5
s|upper is upper
n is odd if yes else 3
s.upper()|lower
(s|upper)[0]
(s ~ 'x')|upper
s ~ 'x'|upper
l[0]|string ~ 'x'
-1|abs
(-1)|abs
{'a': 1}.a
[1, 2][0]
(1, 2)[1]
'abc'[1]
'abc'.upper()
{'a': {'b': 1}}['a']['b']
{'a': {'b': {}}}
[{}]
l|join(', ')|upper
d.items()|first
d.items()|sort
d.values()|sum
d.values()|list|sort|join
d.keys()|join
1 if d.a == 2 and (l|length > 2 or no) else 0
true and not false
n > 3 and 'x' or 'y'
loop
loop.index
f.nothing
5 is divisibleby 0
'%s' % (missing)
"a" if missing else "b"
[missing]
[missing]|tojson
missing|string
missing|upper
missing|trim
missing|join(',')
missing|first
missing|sort
missing|map('upper')|list
missing|replace('a', 'b')
missing|abs
missing|float
missing * 2
none + 1
none ~ 1
none|length
none|list
none|string
none.upper()
yes.upper()
5.upper()
'a'.'b'
s.5
l.0
l.-1
d.b + d.a
d.b ~ d.a
s is
s |
s | | upper
(s
"\\N{DASH}"
'\\x4'
'\\u12'
007
1a
1.
.5
1.e5
1__0
""
" "
'''a'''
not
if
in
1 if
x =1
[1:2]
d[1:2]
n[1:2]
s[1,2]
s[1:2, 1]
s[]
f(
s(1)
l()
d()
n()
dict(1)
dict(a)
namespace(1)
range()
range(1, 2, 3, 4)
s.split(1)
s.join(5)
s.upper(1)
s.get('x')
*l
**d
dict(**d)
dict(**{'a': 1}, b=2)
dict(*[[('a', 1)]])
dict(a=1, a=2)
dict(a=1, 2)
range(*[1, 4])|list
range(**{'a': 1})
"%s" % l
"%s" % d
'a' % 1
'a' % ()
"😀"[0]
"😀a"|length
"😀a"|reverse
"😀a".find('a')
"😀" < "\\uffff"
['😀']
'\\ud83d'|length
'İ'|lower|length
'ǆ'|capitalize
9223372036854775807
(1, 2, 3)|last
(3, 1, 2)|sort
(3, 1, 2)|max
(1, 2)|tojson
(1, 2) is sequence
(1, 2)[5]
(1, 2)[5] is undefined
('a', 'b') | join
'a,b'.split(',') | join('+')
'a,b'.split(',')[0]
' a '.strip().upper()
'x'.join(['1', '2', '3'])
s.replace('h', 'j').replace('l', 'r')
s.split('l')[-1].strip()
'<think>x</think>y'.split('</think>')[-1].lstrip('\\n')
'<think>x</think>y'.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n')
""".strip("\n").split("\n")

# Whole templates: (name, template).
TEMPLATES = [
    ("text only", "plain text\nwith lines\n"),
    ("empty", ""),
    ("only newline", "\n"),
    ("two newlines at the end", "a\n\n"),
    ("crlf", "a\r\nb\rc\r\n{% if yes %}\r\nx\r\n{% endif %}\r\n"),
    ("trim block newline", "a\n{% if yes %}\nb\n{% endif %}\nc"),
    ("lstrip block", "a\n   {% if yes %}  \n b\n  {% endif %}\nc"),
    ("lstrip at the start", "   {% if yes %}x{% endif %}"),
    ("no lstrip behind text", "a   {% if yes %}x{% endif %}"),
    ("no lstrip for variables", "   {{ n }}   {{ n }}"),
    ("plus keeps lead", "a\n   {%+ if yes %}b{% endif %}"),
    ("plus keeps newline", "{% if yes +%}\nb{% endif +%}\nc"),
    ("minus strips", "a  \n\n {%- if yes -%} \n b \n {%- endif -%} \n c"),
    ("minus in variables", "a \n {{- n -}} \n b"),
    ("plus in variables is a sign", "a {{+ n }} b"),
    ("comment", "a{# c #}b\n{# c\nd #}\ne"),
    ("comment trims newline", "{# c #}\na"),
    ("comment minus", "a  {#- c -#}  b"),
    ("comment plus", "a\n  {#+ c +#}\nb"),
    ("comment lstrip", "a\n   {# c #}\nb"),
    ("comment odd", "{#}#}x{#-#}y{##}z"),
    ("comment unclosed", "a{# b"),
    ("comment with tags", "{# {{ x }} {% if %} #}ok"),
    ("raw", "{% raw %}{{ x }}{% if %}{# c #}{% endraw %}y"),
    ("raw newline", "a\n {% raw %}\n b\n {% endraw %}\nc"),
    ("raw minus", "a  {%- raw -%}  {{ x }}  {%- endraw -%}  b"),
    ("raw unclosed", "{% raw %}abc"),
    ("braces in text", "{ } {a} }} %} #} {"),
    ("dict in variable", "{{ {'a': {'b': 1}} }}"),
    ("dict closing tight", "{{ {'a': {'b': 1}}}}"),
    ("variable unclosed", "a {{ s"),
    ("block unclosed", "a {% if yes"),
    ("string with end", "{{ '}}' ~ '%}' }}{% if '%}' %}y{% endif %}"),
    ("empty variable", "{{ }}"),
    ("empty block", "{% %}"),
    ("unknown tag", "{% nothing %}"),
    ("end without begin", "{% endif %}"),
    ("wrong end", "{% if yes %}{% endfor %}"),
    ("missing end", "{% if yes %}a"),
    ("missing endfor", "{% for x in l %}a"),
    ("if", "{% if n > 3 %}a{% endif %}"),
    ("elif", "{% if n > 9 %}a{% elif n > 3 %}b{% else %}c{% endif %}"),
    ("else", "{% if n > 9 %}a{% elif n > 8 %}b{% else %}c{% endif %}"),
    ("many elif", "{% if n == 1 %}a{% elif n == 2 %}b{% elif n == 3 %}c{% elif n == 5 %}d{% endif %}"),
    ("else twice", "{% if n %}a{% else %}b{% else %}c{% endif %}"),
    ("if tuple", "{% if 0, 0 %}a{% endif %}"),
    ("if colon", "{% if yes: %}a{% endif %}"),
    ("if without test", "{% if %}a{% endif %}"),
    ("for", "{% for x in l %}{{ x }},{% endfor %}"),
    ("for else", "{% for x in [] %}{{ x }}{% else %}none{% endfor %}"),
    ("for else not taken", "{% for x in l %}{{ x }}{% else %}none{% endfor %}"),
    ("for if", "{% for x in l if x > 1 %}{{ loop.index }}:{{ x }}{{ '' if loop.last else ',' }}{% endfor %}"),
    ("for if none left", "{% for x in l if x > 9 %}{{ x }}{% else %}none{% endfor %}"),
    ("for unpack", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}"),
    ("for unpack brackets", "{% for (k, v), i in [((1, 2), 3)] %}{{ k }}{{ v }}{{ i }}{% endfor %}"),
    ("for unpack wrong", "{% for k, v in l %}{{ k }}{% endfor %}"),
    ("for over dict", "{% for k in d %}{{ k }}{% endfor %}"),
    ("for over text", "{% for c in t %}[{{ c }}]{% endfor %}"),
    ("for over int", "{% for c in n %}{{ c }}{% endfor %}"),
    ("for over none", "{% for c in nil %}{{ c }}{% endfor %}"),
    ("for over undefined", "{% for c in missing %}{{ c }}{% else %}e{% endfor %}"),
    ("for over range", "{% for i in range(3) %}{{ i }}{% endfor %}"),
    ("for over tuple", "{% for i in 1, 2, 3 %}{{ i }}{% endfor %}"),
    ("for over dictsort", "{% for k, v in d|dictsort %}{{ k }}{{ v }}{% endfor %}"),
    ("for over slice", "{% for x in l[1:] %}{{ x }}{% endfor %}"),
    ("for over reverse", "{% for x in l|reverse %}{{ x }}{{ loop.last }}{% endfor %}"),
    ("for over ternary", "{% for x in (l if yes else []) %}{{ x }}{% endfor %}"),
    ("loop members", "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}"
     "{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}"),
    ("loop neighbours", "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}"),
    ("loop neighbours undefined", "{% for x in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}"),
    ("loop neighbours member", "{% for p in people %}{% if not loop.last %}{{ loop.nextitem.name }}{% endif %}{% endfor %}"),
    ("loop neighbours fail", "{% for p in people %}{{ loop.nextitem.name }}{% endfor %}"),
    ("loop cycle", "{% for x in l %}{{ loop.cycle('a', 'b') }}{% endfor %}"),
    ("loop changed", "{% for x in [1, 1, 2] %}{{ loop.changed(x) }} {% endfor %}"),
    ("loop missing member", "{% for x in l %}{{ loop.nothing }}{% endfor %}"),
    ("loop nested", "{% for x in l %}{% for y in words %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}"),
    ("loop outer by set", "{% for x in [1, 2] %}{% set outer = loop %}{% for y in [1] %}{{ outer.index }}{% endfor %}{% endfor %}"),
    ("loop depth", "{% for x in [1] %}{% for y in [1] %}{{ loop.depth }}{% endfor %}{% endfor %}"),
    ("loop recursive", "{% for x in [{'v': 1, 'c': [{'v': 2, 'c': []}]}] recursive %}{{ x.v }}({{ loop(x.c) }}){{ loop.depth }}{% endfor %}"),
    ("break", "{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}"),
    ("continue", "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}"),
    ("break outside", "{% break %}"),
    ("continue in if outside", "{% if yes %}{% continue %}{% endif %}"),
    ("break in else", "{% for x in l %}{{ x }}{% if loop.index == 2 %}{% break %}{% endif %}{% else %}never{% endfor %}"),
    ("break inner only", "{% for x in [1, 2] %}{% for y in [1, 2] %}{% break %}{% endfor %}{{ x }}{% endfor %}"),
    ("set", "{% set x = 1 %}{{ x }}"),
    ("set tuple", "{% set a, b = 1, 2 %}{{ a }}{{ b }}"),
    ("set makes tuple", "{% set a = 1, 2 %}{{ a }}"),
    ("set unpack wrong", "{% set a, b = 1, 2, 3 %}"),
    ("set constant", "{% set true = 1 %}"),
    ("set attribute of dict", "{% set d.a = 1 %}"),
    ("set item", "{% set d['a'] = 1 %}"),
    ("set call", "{% set f() = 1 %}"),
    ("set without value", "{% set x %}"),
    ("set shadows data", "{% set s = 'x' %}{{ s }}"),
    ("set in loop does not leak", "{% set x = 1 %}{% for i in l %}{% set x = i %}{{ x }}{% endfor %}{{ x }}"),
    ("set in loop read first", "{% set x = 1 %}{% for i in l %}{{ x }}{% set x = i %}{% endfor %}{{ x }}"),
    ("set in if leaks", "{% if yes %}{% set x = 1 %}{% endif %}{{ x }}"),
    ("set in untaken if", "{% if no %}{% set x = 1 %}{% endif %}{{ x }}"),
    ("loop variable does not leak", "{% for x in l %}{% endfor %}{{ x }}"),
    ("loop shadows", "{% set x = 9 %}{% for x in l %}{{ x }}{% endfor %}{{ x }}"),
    ("namespace", "{% set ns = namespace(x=0) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}"),
    ("namespace new member", "{% set ns = namespace() %}{% set ns.a = 'b' %}{{ ns.a }}{{ ns.c is defined }}"),
    ("namespace many", "{% set ns = namespace(a=1, b='x', c=none, d=[]) %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns.d }}"),
    ("namespace undefined", "{% set ns.x = 1 %}"),
    ("namespace of loop", "{% for i in l %}{% set loop.index = 1 %}{% endfor %}"),
    ("namespace tuple", "{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}"),
    ("set block", "{% set x %}a{{ n }}b{% endset %}[{{ x }}]"),
    ("set block newline", "{% set x %}\n a\n b\n{% endset %}\n[{{ x }}]"),
    ("set block filter", "{% set x | upper | trim %} abc {% endset %}[{{ x }}]"),
    ("set block inner set", "{% set y = 1 %}{% set x %}{% set y = 2 %}{{ y }}{% endset %}{{ x }}{{ y }}"),
    ("set block is text", "{% set x %}5{% endset %}{{ x is string }}{{ x|length }}"),
    ("filter block", "{% filter upper %}a{{ s }}{% endfilter %}"),
    ("filter block chain", "{% filter upper|replace('A', 'X') %}a{{ s }}{% endfilter %}"),
    ("filter block unknown", "{% filter nothing %}a{% endfilter %}"),
    ("with", "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}"),
    ("with sees outer", "{% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}"),
    ("with nothing", "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}"),
    ("print tag", "{% print s, n %}"),
    ("generation", "a{% generation %}b{{ s }}{% endgeneration %}c"),
    ("generation newline", "a\n{% generation %}\nb\n{% endgeneration %}\nc"),
    ("macro", "{% macro f(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(b=4, a=0) }}"),
    ("macro without argument", "{% macro f(a) %}[{{ a }}]{% endmacro %}{{ f() }}"),
    ("macro too many", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}"),
    ("macro unknown name", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(z=2) }}"),
    ("macro varargs", "{% macro f(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ f(1, 2, 3) }}"),
    ("macro kwargs", "{% macro f(a) %}{{ a }}{{ kwargs }}{% endmacro %}{{ f(1, z=2) }}"),
    ("macro default of earlier", "{% macro f(a, b=a ~ 'x') %}{{ b }}{% endmacro %}{{ f(1) }}"),
    ("macro default order", "{% macro f(a=1, b) %}{{ b }}{% endmacro %}"),
    ("macro sees later set", "{% macro f() %}{{ x }}{% endmacro %}{% set x = 3 %}{{ f() }}"),
    ("macro sees data", "{% macro f() %}{{ s }}{% endmacro %}{{ f() }}"),
    ("macro sets do not leak", "{% macro f() %}{% set s = 'in' %}{{ s }}{% endmacro %}{{ f() }}{{ s }}"),
    ("macro recursive", "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}"),
    ("macro endless", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
    ("macro name", "{% macro f() %}{% endmacro %}{{ f.name }}"),
    ("macro white space", "{% macro f(a) %}\n  x{{ a }}\n{% endmacro %}\n{{ f(1) }}|"),
    ("macro white space minus", "{%- macro f(a) -%}\n  x{{ a }}\n{%- endmacro -%}\n{{ f(1) }}|"),
    ("macro before definition", "{{ f() }}{% macro f() %}x{% endmacro %}"),
    ("macro in if", "{% if yes %}{% macro f() %}x{% endmacro %}{% endif %}{{ f() }}"),
    ("macro with namespace", "{% macro f(ns) %}{% set ns.x = ns.x + 1 %}{% endmacro %}{% set ns = namespace(x=1) %}{{ f(ns) }}{{ f(ns) }}{{ ns.x }}"),
    ("macro result filter", "{% macro f() %} x {% endmacro %}{{ f()|trim ~ '!' }}"),
    ("call block", "{% macro f(a) %}<{{ a }}{{ caller() }}>{% endmacro %}{% call f(1) %}body{{ n }}{% endcall %}"),
    ("call block arguments", "{% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) f() %}{{ a }}{{ b }}{% endcall %}"),
    ("call without caller", "{% macro f() %}x{% endmacro %}{% call f() %}body{% endcall %}"),
    ("call not a call", "{% call s %}body{% endcall %}"),
    ("caller missing", "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}"),
    ("caller defined", "{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}{% call f() %}{% endcall %}"),
    ("unknown filter in untaken if", "{% if no %}{{ s|nothing }}{% endif %}ok"),
    ("unknown filter in taken if", "{% if yes %}{{ s|nothing }}{% endif %}ok"),
    ("unknown test in untaken if", "{% if no %}{{ s is nothing }}{% endif %}ok"),
    ("include", "{% include 'x' %}"),
    ("import", "{% import 'x' as y %}"),
    ("extends", "{% extends 'x' %}"),
    ("raise", "{% if n != 6 %}{{ raise_exception('n must be 6') }}{% endif %}"),
    ("raise not reached", "{% if n != 5 %}{{ raise_exception('n must be 5') }}{% endif %}ok"),
    ("nested quotes", "{{ \"a'b\" ~ 'c\"d' }}"),
    ("newline in string", "{{ 'a\nb' }}"),
    ("newline in expression", "{{ n\n + \n 1 }}"),
    ("operator at line end", "{% set x = n +\n 1 %}{{ x }}"),
    ("two statements in a line", "{% if yes %}a{% endif %}{% if no %}b{% endif %}\nc"),
    ("indented loop", "<ul>\n    {% for x in l %}\n    <li>{{ x }}</li>\n    {% endfor %}\n</ul>\n"),
    ("indented loop minus", "<ul>\n    {%- for x in l %}\n    <li>{{ x }}</li>\n    {%- endfor %}\n</ul>\n"),
    ("trailing space after block", "{% if yes %} \nx{% endif %}"),
    ("lstrip behind trimmed newline", "{% if yes %}\n  {% if yes %}\nx\n  {% endif %}\n{% endif %}y"),
    ("non-breaking space", "a\u00a0{%- if yes %}b{% endif %}\n\u00a0{% if yes %}c{% endif %}"),
    ("unicode name", "{% set größe = 3 %}{{ größe }}"),
    ("join of loop strings", "{% for x in people %}{{ x.name }}{% if not loop.last %}, {% endif %}{% endfor %}"),
    ("joiner", "{% set c = joiner(', ') %}{% for x in l %}{{ c() }}{{ x }}{% endfor %}"),
    ("dict build in namespace", "{% set ns = namespace(all=[]) %}{% for x in l %}{% set ns.all = ns.all + [x * 2] %}{% endfor %}{{ ns.all }}"),
    ("dict merge", "{% set x = dict(d, z=9) %}{{ x }}{{ d }}"),
    ("generator walked twice", "{% set g = l|select('odd') %}{{ g|list }}{{ g|list }}"),
    ("nested macro call args", "{% macro f(x) %}({{ x }}){% endmacro %}{{ f(f(f(1))) }}"),
    ("deep attribute", "{{ {'a': {'b': {'c': {'d': 1}}}}.a.b.c.d }}"),
]

MUTABLE = [
    ("append", "{% set x = [] %}{% for i in l %}{% set _ = x.append(i) %}{% endfor %}{{ x }}"),
    ("append prints none", "{{ l.append(9) }}{{ l }}"),
    ("extend", "{% set _ = l.extend([8, 9]) %}{{ l }}"),
    ("insert", "{% set _ = l.insert(0, 8) %}{% set _ = l.insert(-1, 7) %}{{ l }}"),
    ("pop list", "{{ l.pop() }}{{ l.pop(0) }}{{ l }}"),
    ("pop list fails", "{{ [].pop() }}"),
    ("pop dict", "{{ d.pop('a') }}{{ d }}{{ d.pop('zz', 'gone') }}"),
    ("pop dict fails", "{{ d.pop('zz') }}"),
    ("update", "{% set _ = d.update({'z': 1}) %}{{ d }}"),
    ("update named", "{% set _ = d.update(z=1) %}{{ d }}"),
    ("setdefault", "{{ d.setdefault('a', 5) }}{{ d.setdefault('q', 5) }}{{ d }}"),
    ("append in shared list", "{% set x = [1] %}{% set y = x %}{% set _ = y.append(2) %}{{ x }}"),
    ("content append", "{% set parts = [] %}{% for p in people %}{% set _ = parts.append(p.name) %}{% endfor %}{{ parts|join('+') }}"),
]

CHATML = """{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""

LLAMA2 = """{% if messages[0]['role'] == 'system' %}
{% set loop_messages = messages[1:] %}
{% set system_message = messages[0]['content'] %}
{% else %}
{% set loop_messages = messages %}
{% set system_message = false %}
{% endif %}
{% for message in loop_messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{% endif %}
{% if loop.index0 == 0 and system_message != false %}
{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}
{% else %}
{% set content = message['content'] %}
{% endif %}
{% if message['role'] == 'user' %}
{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}
{{ ' ' + content.strip() + ' ' + eos_token }}
{% endif %}
{% endfor %}"""

LLAMA3 = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- Take the system message out, so that it can be joined with what follows. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\n" }}
{%- endif %}
{{- "Today: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- if tools is not none %}
    {{- '<|start_header_id|>user<|end_header_id|>\n\nFunctions:\n\n' }}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\n\n" }}
    {%- endfor %}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("Only one tool call at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\n\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""

GEMMA = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Roles must alternate") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
"""

MISTRAL = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, roles must alternate") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}
                {{- ", " }}
            {%- else %}
                {{- "]" + eos_token }}
            {%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + ", " }}
        {{- '"call_id": "' + message.tool_call_id|default('none') + '"}[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported") }}
    {%- endif %}
{%- endfor %}
"""

QWEN = """{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\n\n' }}
    {%- endif %}
    {{- "# Tools\n\n<tools>" }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\n</tools><|im_end|>\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\n<think>\n' + reasoning_content.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}
                    {{- '\n' }}
                {%- endif %}
                {%- if tool_call.function %}
                    {%- set tool_call = tool_call.function %}
                {%- endif %}
                {{- '<tool_call>\n{"name": "' }}
                {{- tool_call.name }}
                {{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}
                    {{- tool_call.arguments }}
                {%- else %}
                    {{- tool_call.arguments | tojson }}
                {%- endif %}
                {{- '}\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<tool_response>\n' }}
        {{- content }}
        {{- '\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}"""

MACROS = """{%- macro type_of(spec) -%}
    {%- if spec.type == 'array' -%}
        {{- type_of(spec['items']) + '[]' -}}
    {%- elif spec.enum is defined -%}
        {%- for e in spec.enum -%}"{{ e }}"{%- if not loop.last %} | {% endif -%}{%- endfor -%}
    {%- elif spec.type == 'object' -%}
        { {%- for name, value in spec.get('properties', {}) | dictsort %}{{ name }}: {{ type_of(value) }}{{ ', ' if not loop.last }}{%- endfor -%} }
    {%- else -%}
        {{- spec.type | default('any') -}}
    {%- endif -%}
{%- endmacro -%}
{%- macro declare(tool) -%}
// {{ tool.description | default('no description') | trim | replace('\n', ' ') | capitalize }}
type {{ tool.name }} = (_: {{ type_of(tool.parameters) }}) => any;
{%- endmacro -%}
{%- set system = namespace(text='') -%}
{%- for message in messages if message.role == 'system' -%}
    {%- set system.text = system.text ~ message.content | trim ~ '\n' -%}
{%- endfor -%}
<|system|>{{ system.text | indent(2, first=true) }}
{% if tools -%}
namespace functions {
{% for tool in tools %}
{{ declare(tool.function) }}
{% endfor %}
}
{% endif %}
{% for message in messages | rejectattr('role', 'equalto', 'system') %}
{% if loop.previtem is defined and loop.previtem.role == message.role %}{{ raise_exception('two turns of ' ~ message.role) }}{% endif %}
{% set text %}
{{ message.content if message.content is string else message.content | tojson }}
{% endset %}
<|{{ message.role | upper }}|>{{ text | trim }}{% if loop.nextitem is undefined %} <end>{% endif %}

{% if message.role == 'stop' %}{% break %}{% endif %}
{% else %}
nothing said
{% endfor %}
{{- '<|ASSISTANT|>' if add_generation_prompt else '' }}"""

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "the weather\nof a place", "parameters": {
        "type": "object", "properties": {"place": {"type": "string", "description": "City, \"quoted\" 'too'"},
                                         "unit": {"enum": ["C", "F"]}, "days": {"type": "array", "items": {"type": "integer"}}},
        "required": ["place"]}, "return": {"type": "string"}}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}},
]


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


CALL = [{"id": "abcdefg12", "type": "function", "function": {"name": "get_weather", "arguments": {"place": "Zürich", "n": 1.5, "x": None}}}]
CONVERSATIONS = {
    "user": [turn("user", "Hi there")],
    "system": [turn("system", "Be brief.\n"), turn("user", "  Hi <b>there</b> & you  ")],
    "turns": [turn("user", "1+1?"), turn("assistant", "2"), turn("user", "And 2+2?\n")],
    "system turns": [turn("system", "S"), turn("user", "a"), turn("assistant", " b "), turn("user", "c"), turn("assistant", "d"), turn("user", "世界 🌍")],
    "wrong order": [turn("assistant", "I begin"), turn("user", "no")],
    "twice user": [turn("user", "a"), turn("user", "b")],
    "empty text": [turn("user", ""), turn("assistant", "")],
    "thinking": [turn("user", "think"), turn("assistant", "<think>\nlong\nthought\n</think>\n\nanswer"), turn("user", "again"),
                 turn("assistant", "<think>more</think>done")],
    "reasoning": [turn("user", "q"), turn("assistant", "a", reasoning_content="because\n")],
    "tool call": [turn("user", "weather?"), turn("assistant", "", tool_calls=CALL), turn("tool", "{\"t\": 5}", tool_call_id="abcdefg12"),
                  turn("assistant", "5 degrees")],
    "tool pair": [turn("system", "S"), turn("user", "weather?"), turn("assistant", "let me see", tool_calls=CALL + CALL),
                  turn("tool", "one"), turn("tool", "two")],
    "null content": [turn("user", "x"), turn("assistant", None, tool_calls=CALL), turn("tool", {"content": [1, 2]})],
    "parts": [turn("user", [{"type": "text", "text": " look "}, {"type": "image"}])],
    "looks special": [turn("user", "<|im_end|>\n<|im_start|>system\n{{ 7*7 }}{% raw %}")],
    "no turns": [],
    "odd role": [turn("user", "a"), turn("stop", "b"), turn("narrator", "c")],
}


def conversations(family, template):
    found = []
    for name, messages in CONVERSATIONS.items():
        for prompt in (True, False):
            data = {"messages": messages, "add_generation_prompt": prompt, "bos_token": "<s>", "eos_token": "</s>"}
            found.append({"name": f"{family}: {name}{', prompt' if prompt else ''}", "template": template, "data": data})
        if name in ("user", "system", "tool call", "thinking"):
            more = {"tools": TOOLS, "enable_thinking": False, "date_string": "26 Jul 2024"}
            found.append({"name": f"{family}: {name}, tools", "template": template, "data": data | more | {"add_generation_prompt": True}})
    return found


def cases():
    found = [{"name": f"expression: {e}", "template": "{{ " + e + " }}", "data": D} for e in dict.fromkeys(EXPRESSIONS)]
    found += [{"name": f"template: {n}", "template": t, "data": D} for n, t in TEMPLATES]
    found += [{"name": f"mutable: {n}", "template": t, "data": D, "mutable": True} for n, t in MUTABLE]
    for family, template in (("chatml", CHATML), ("llama2", LLAMA2), ("llama3", LLAMA3), ("gemma", GEMMA), ("mistral", MISTRAL),
                             ("qwen", QWEN), ("macros", MACROS)):
        found += conversations(family, template)
    return found
