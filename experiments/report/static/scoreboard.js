// Filters, search and order of the scoreboard.
'use strict';

function setUpScoreboard() {
  const table = document.getElementById('board');
  if (!table) return;
  const field = (name) => document.getElementById(`filter-${name}`);
  const rows = [...table.querySelectorAll('tr[data-study]')];
  rows.forEach((row, index) => { row.dataset.order = String(index); });
  const update = () => {
    const wanted = { text: field('text').value.trim().toLowerCase(), study: field('study').value, verdict: field('verdict').value, protocol: field('protocol').value };
    for (const row of rows) row.hidden = !rowFits(row, wanted);
    for (const body of table.tBodies) body.hidden = ![...body.querySelectorAll('tr[data-study]')].some((row) => !row.hidden);
    for (const cell of table.querySelectorAll('[data-protocol]')) cell.hidden = wanted.protocol !== '' && cell.dataset.protocol !== wanted.protocol;
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById('shown').textContent = `${shown} of ${rows.length} claims shown`;
  };
  for (const name of ['text', 'study', 'verdict', 'protocol']) field(name).addEventListener('input', update);
  field('sort').addEventListener('input', () => sortRows(table, field('sort').value));
  document.getElementById('reset').addEventListener('click', () => {
    for (const name of ['text', 'study', 'verdict', 'protocol', 'sort']) field(name).value = '';
    sortRows(table, '');
    update();
  });
  document.getElementById('filters').hidden = false;
  if (field('sort').value) sortRows(table, field('sort').value);
  update();
}

function rowFits(row, wanted) {
  if (wanted.study && row.dataset.study !== wanted.study) return false;
  if (wanted.protocol && !row.dataset[wanted.protocol]) return false;
  if (wanted.text && !row.textContent.toLowerCase().includes(wanted.text)) return false;
  if (wanted.verdict === 'rates') return row.dataset.rates === 'disagree';
  return verdictFits([row.dataset.published, row.dataset.fresh, row.dataset.tuned], wanted);
}

function verdictFits([published, fresh, tuned], wanted) {
  if (!wanted.verdict) return true;
  if (wanted.verdict === 'differ') return Boolean(published && fresh && published !== fresh);
  const looked = { published: [published], fresh: [fresh], tuned: [tuned] }[wanted.protocol] ?? [published, fresh, tuned];
  return looked.includes(wanted.verdict);
}

// Rows are ordered inside their topic; the topics keep the order of the decks.
function sortRows(table, by) {
  const key = (row) => ({
    '': Number(row.dataset.order), says: row.dataset.says, study: row.dataset.study, n: -Number(row.dataset.n),
    clarity: -Number(row.dataset.clarity), opposite: -Number(row.dataset.opposite),
  })[by];
  for (const body of table.tBodies) {
    const rows = [...body.querySelectorAll('tr[data-study]')];
    rows.sort((a, b) => compareKeys(String(key(a)), String(key(b))));
    body.append(...rows);
  }
}

setUpScoreboard();
