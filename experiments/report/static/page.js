// Shared by all pages: making elements, the data of the page, the switch between light and dark.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';

function svgElement(name, attributes = {}, parent = null, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function htmlElement(name, properties = {}, parent = null) {
  const made = Object.assign(document.createElement(name), properties);
  if (parent) parent.append(made);
  return made;
}

function pageData(id) {
  const holder = document.getElementById(id);
  return holder ? JSON.parse(holder.textContent) : null;
}

// Numbers as people write them: four significant digits, thousands apart, a true minus sign.
function formatNumber(value) {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return powerOfTen(value);
  const text = size >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)));
  return text.replace('-', '−');
}

function powerOfTen(value) {
  const [mantissa, exponent] = value.toExponential(2).split('e');
  const raised = String(Number(exponent)).replace(/./g, (sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[sign]));
  const factor = Number(mantissa) === 1 ? '' : `${String(Number(mantissa)).replace('-', '−')}·`;
  return `${factor}10${raised}`;
}

function fillSelect(select, names) {
  names.forEach((name, index) => htmlElement('option', { value: String(index), textContent: name }, select));
  const field = select.closest('label');
  if (field) field.hidden = names.length < 2;
}

// Whether the theme can be remembered depends on the browser: pages opened from a file may have no storage.
const themeMemory = {
  read() { try { return localStorage.getItem('theme'); } catch { return null; } },
  write(theme) { try { localStorage.setItem('theme', theme); } catch { /* the choice lasts for this page only */ } },
};

function setUpTheme() {
  const button = document.getElementById('theme');
  const dark = () => (document.documentElement.dataset.theme
    || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const show = () => { button.textContent = dark() ? 'Light' : 'Dark'; };
  const remembered = themeMemory.read();
  if (remembered === 'dark' || remembered === 'light') document.documentElement.dataset.theme = remembered;
  button.hidden = false;
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
    themeMemory.write(document.documentElement.dataset.theme);
    show();
  });
  show();
}

// A click on a column's head sorts the rows of each body by the cells' data-value (numbers) or text.
function setUpSortableTables() {
  for (const button of document.querySelectorAll('th button[data-sort]')) {
    button.addEventListener('click', () => {
      const head = button.closest('th');
      const descending = head.getAttribute('aria-sort') === 'ascending';
      for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      for (const body of head.closest('table').tBodies) sortBody(body, head.cellIndex, descending);
    });
  }
}

function sortBody(body, column, descending) {
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const rows = [...body.rows].filter((row) => row.cells.length > column);
  rows.sort((a, b) => compareKeys(key(a), key(b)) * (descending ? -1 : 1));
  body.append(...rows);
}

function compareKeys(a, b) {
  const [first, second] = [Number(a), Number(b)];
  if (a !== '' && b !== '' && !Number.isNaN(first) && !Number.isNaN(second)) return first - second;
  return a.localeCompare(b, 'en', { numeric: true });
}

setUpTheme();
setUpSortableTables();
