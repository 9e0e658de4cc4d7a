// Where tokens, seconds and money went: over time, by what one likes; and what the budgets leave.
import { html, useEffect, useMemo, useState } from './view.js';
import { get } from './api.js';
import { theme } from './theme.js';
import { Chart } from './chart.js';
import { amount, compact, count, micros, money, plural, seconds } from './words.js';

const BYS = { desk: 'Desk', model: 'Model', person: 'Key', account: 'Account', purpose: 'Purpose' };
const SPANS = { 7: '7 days', 30: '30 days', 90: '90 days' };
const LAYERS_MAX = 6;
const NAMELESS = { desk: 'no desk', person: 'no key', model: 'no model', account: 'no account', purpose: 'other' };

/** What is drawn: a row's value, and how it is written. */
const MEASURES = {
  money: { name: 'Money', of: (row) => micros(row.amount), write: (v, unit) => money(v, unit) },
  tokens: { name: 'Tokens', of: (row) => row.tokensIn + row.tokensOut, write: (v) => compact(v) },
  time: { name: 'Processor time', of: (row) => row.cpuMicros / 1e6, write: (v) => seconds(v) },
};

const iso = (date) => date.toISOString().slice(0, 10);
const since = (days) => iso(new Date(Date.now() - (days - 1) * 86_400_000));

function useReport(by, days) {
  const [state, set] = useState({ total: null, perDay: [], trouble: '' });
  useEffect(() => {
    let isCurrent = true;
    const query = `since=${since(days)}&by=${by}`;
    Promise.all([get(`/v1/ledger/report?${query}`), get(`/v1/ledger/report?${query}&per=day`)]).then(
      ([total, perDay]) => isCurrent && set({ total, perDay: perDay.data, trouble: '' }),
      (e) => isCurrent && set({ total: null, perDay: [], trouble: e.message }),
    );
    return () => { isCurrent = false; };
  }, [by, days]);
  return state;
}

export function Costs() {
  const [by, setBy] = useState('desk');
  const [days, setDays] = useState(30);
  const [measure, setMeasure] = useState('money');
  const { total, perDay, trouble } = useReport(by, days);
  const unit = total?.totals[0]?.unit ?? 'EUR';
  return html`<div class="page broad">
    <h1>Costs</h1>
    <p class="lede">Every call of a model is booked before it runs. This is what came of it.</p>
    <div class="filters">
      <${Radios} label="Show" value=${measure} onChange=${setMeasure} options=${Object.entries(MEASURES).map(([k, m]) => [k, m.name])} />
      <${Radios} label="By" value=${by} onChange=${setBy} options=${Object.entries(BYS)} />
      <${Radios} label="Of the last" value=${String(days)} onChange=${(d) => setDays(Number(d))} options=${Object.entries(SPANS)} />
    </div>
    ${trouble && html`<p class="notice bad" role="alert">${trouble}</p>`}
    ${total && (total.totals.length === 0
      ? html`<p class="nothing">Nothing was booked in these days. Ask something, and its cost appears here.</p>`
      : html`<${Totals} totals=${total.totals} cache=${total.cache} answers=${total.answers} />
        <${Picture} rows=${perDay.filter((r) => r.unit === unit)} by=${by} days=${days} measure=${MEASURES[measure]} unit=${unit} />
        <${Rows} rows=${total.data} by=${by} />
        ${total.has_more && html`<p class="soft">The first ${count(total.data.length)} of ${count(total.rowsAll)} rows are shown.</p>`}`)}
    <${Budgets} />
  </div>`;
}

function Radios({ label, value, options, onChange }) {
  return html`<fieldset class="radios"><legend>${label}</legend>
    ${options.map(([key, name]) => html`<label class=${key === value ? 'on' : ''}>
      <input type="radio" name=${label} value=${key} checked=${key === value} onChange=${() => onChange(key)} />${name}</label>`)}
  </fieldset>`;
}

function Totals({ totals, cache, answers }) {
  const t = totals[0];
  const saved = cache.find((c) => c.unit === t.unit);
  const asked = answers.find((each) => each.unit === t.unit);
  const figures = [['Spent', totals.map((each) => amount(each.amount, each.unit)).join(', ')], ['Calls', count(t.calls)],
    ['Tokens read', count(t.tokensIn)], ['From the cache', count(t.tokensCached)], ['Answered', count(t.tokensOut)], ['Processor', seconds(t.cpuMicros / 1e6)]];
  return html`<dl class="figures">${figures.map(([term, figure]) => html`<div><dt>${term}</dt><dd>${figure}</dd></div>`)}</dl>
    <p class="soft">${asked?.count > 0 ? `${plural(asked.count, 'answered question')}, ${amount(asked.mean, asked.unit)} each. ` : ''}
      ${saved && micros(saved.saved) > 0 ? `What was not read twice saved ${amount(saved.saved, saved.unit)}${saved.isEstimated ? ', estimated' : ''}. ` : ''}
      ${t.isEnergyEstimated ? `Energy: ${compact(t.millijoules / 1000)} J, estimated.` : `Energy: ${compact(t.millijoules / 1000)} J.`}</p>`;
}

function Picture({ rows, by, days, measure, unit }) {
  const shown = theme.use();
  const { stamps, layers } = useMemo(() => layered(rows, by, days, measure), [rows, by, days, measure]);
  const label = `${measure.name} per day by ${BYS[by].toLowerCase()}; the table below has the sums`;
  return html`<${Chart} days=${stamps} layers=${layers} theme=${shown} label=${label} format=${(v) => measure.write(v, unit)} />`;
}

/** The largest things as layers, all others as the last one. */
function layered(rows, by, days, measure) {
  const first = Date.parse(since(days)) / 1000;
  const stamps = Array.from({ length: days }, (_, i) => first + i * 86_400);
  const sums = new Map();
  rows.forEach((row) => sums.set(row.key, (sums.get(row.key) ?? 0) + measure.of(row)));
  const keys = [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a));
  const own = keys.length > LAYERS_MAX ? keys.slice(0, LAYERS_MAX - 1) : keys;
  const names = own.map((key) => key || NAMELESS[by]);
  const layers = [...names, ...(keys.length > own.length ? ['others'] : [])].map((name) => ({ name, values: stamps.map(() => 0) }));
  for (const row of rows) {
    const at = Math.round((Date.parse(row.time) / 1000 - first) / 86_400);
    const layer = own.includes(row.key) ? own.indexOf(row.key) : layers.length - 1;
    if (at >= 0 && at < stamps.length) {
      layers[layer].values[at] += measure.of(row);
    }
  }
  return { stamps, layers };
}

function Rows({ rows, by }) {
  return html`<div class="wide" tabindex="0" role="region" aria-label=${`Costs by ${BYS[by].toLowerCase()}`}><table class="grid">
    <thead><tr><th>${BYS[by]}</th><th class="n">Money</th><th class="n">Calls</th><th class="n">Read</th><th class="n">Cached</th><th class="n">Looked up</th><th class="n">Answered</th><th class="n">Processor</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr>
      <th scope="row">${row.key || html`<span class="soft">${NAMELESS[by]}</span>`}</th>
      <td class="n">${amount(row.amount, row.unit)}</td><td class="n">${count(row.calls)}</td><td class="n">${count(row.tokensIn)}</td>
      <td class="n">${count(row.tokensCached)}</td><td class="n">${count(row.tokensLookedUp)}</td><td class="n">${count(row.tokensOut)}</td>
      <td class="n">${seconds(row.cpuMicros / 1e6)}</td></tr>`)}</tbody>
  </table></div>`;
}

const PERIODS = { day: 'a day', month: 'a month', ever: 'in all' };

function Budgets() {
  const [budgets, setBudgets] = useState(null);
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    get('/v1/ledger/budgets?limit=1000').then((r) => setBudgets(r.data), (e) => setTrouble(e.message));
  }, []);
  return html`<section>
    <h2>Budgets</h2>
    ${trouble && html`<p class="notice bad" role="alert">${trouble}</p>`}
    ${budgets?.length === 0 && html`<p class="soft">There is no budget. An administrator sets one with <code>longhand ledger budget ACCOUNT --per day --hard 0.50</code>.</p>`}
    <ul class="budgets">${(budgets ?? []).map((b) => html`<li><${BudgetLine} b=${b} /></li>`)}</ul>
  </section>`;
}

function BudgetLine({ b }) {
  const used = micros(b.spent) + micros(b.setAside);
  const limit = b.hard ?? b.soft;
  const level = b.hard !== null && used >= micros(b.hard) * 0.9 ? 'tight' : b.soft !== null && used >= micros(b.soft) ? 'soft-over' : 'fine';
  return html`<p><b>${b.account}</b> <span class="soft">${PERIODS[b.period] ?? b.period}</span>
      <span class="left">${b.left !== null ? html`<b>${amount(b.left, b.unit)}</b> left of ${amount(b.hard, b.unit)}` : `${amount(b.spent, b.unit)} spent`}</span></p>
    ${limit !== null && html`<meter class=${level} min="0" max=${micros(limit)} value=${Math.min(used, micros(limit))}
      aria-label=${`${b.account}, ${PERIODS[b.period] ?? b.period}: ${amount(b.spent, b.unit)} spent of ${amount(limit, b.unit)}`} />`}
    <p class="soft">${amount(b.spent, b.unit)} spent${micros(b.setAside) > 0 ? `, ${amount(b.setAside, b.unit)} set aside for calls that run` : ''}${b.soft !== null ? `, warned of above ${amount(b.soft, b.unit)}` : ''}${b.perRequest !== null ? `, at most ${amount(b.perRequest, b.unit)} a request` : ''}</p>`;
}
