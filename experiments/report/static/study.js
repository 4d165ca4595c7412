// What moves on the page of one study: learning curves, sweeps, layers, slide mode, the marked YAML.
'use strict';

// A line in the data is [index of its list of epochs, mean, low, high]; of a single run [index, values].
function lineSeries(data, look, [epochs, mean, low, high]) {
  return { name: look.name, slot: look.slot, dash: look.dash, x: data.epochs[epochs], mean, low, high };
}

function setUpCurves(data) {
  const host = document.getElementById('curves-panels');
  if (!host || !data.curves) return;
  const { curves } = data;
  const [metric, protocol, log] = ['curves-metric', 'curves-protocol', 'curves-log'].map((id) => document.getElementById(id));
  fillSelect(metric, curves.metrics.map((m) => m.label));
  fillSelect(protocol, curves.protocols);
  const boxes = buildLegend(document.getElementById('curves-legend'), data.variants);
  const figures = ['', 'val_'].map(() => htmlElement('figure', { className: 'chart' }, host));
  const draw = () => {
    const chosen = curves.metrics[Number(metric.value)];
    const lines = curves.lines[curves.protocols[Number(protocol.value)]];
    const panels = ['', 'val_'].map((prefix) => boxes.filter((box) => box.checked)
      .map((box) => [data.variants[box.value], lines[box.value]?.[prefix + chosen.key]]).filter(([, line]) => line)
      .map(([variant, line]) => lineSeries(data, variant, line)));
    const yRange = extentOf(panels.flat(), ['mean', 'low', 'high'], log.checked);
    panels.forEach((series, k) => {
      figures[k].hidden = k === 1 && !curves.watched;
      drawChart(figures[k], { title: k ? curves.watched : 'Training rows', xLabel: 'epoch', yLabel: chosen.label, yLog: log.checked, yRange, series });
    });
  };
  metric.addEventListener('input', () => { log.checked = curves.metrics[Number(metric.value)].log; draw(); });
  for (const control of [protocol, log, ...boxes]) control.addEventListener('input', draw);
  for (const [id, test] of [['curves-all', () => true], ['curves-none', () => false], ['curves-first', (v) => v.on]]) {
    document.getElementById(id).addEventListener('click', () => {
      // "All" of a search are those that it finds.
      boxes.forEach((box) => { box.checked = !box.parentElement.hidden && test(data.variants[Number(box.value)]); });
      draw();
    });
  }
  log.checked = curves.metrics[0].log;
  redrawOnResize(host, draw);
}

const FEW_DRAWN = 24;

// Many variants are grouped by the values that they change.
function buildLegend(host, variants) {
  const groups = new Map();
  const drawn = variants.filter((variant) => variant.curves);
  const group = (name) => {
    if (drawn.length <= FEW_DRAWN) return host;
    if (!groups.has(name)) {
      const members = drawn.filter((variant) => variant.group === name);
      const details = htmlElement('details', { open: members.some((variant) => variant.on) }, host);
      htmlElement('summary', { textContent: `${name} (${members.length})` }, details);
      groups.set(name, htmlElement('div', { className: 'legend' }, details));
    }
    return groups.get(name);
  };
  return variants.map((variant, index) => {
    if (!variant.curves) return null;
    const label = htmlElement('label', {}, group(variant.group));
    const box = htmlElement('input', { type: 'checkbox', value: String(index), checked: variant.on }, label);
    lineSample(label, variant);
    label.append(variant.name);
    return box;
  }).filter(Boolean);
}

// One search for the legend of the curves and for the rows of the tables.
function setUpSearch() {
  const fields = [...document.querySelectorAll('.find-variant')];
  const named = [...document.querySelectorAll('#curves-legend label, section[aria-labelledby="variants"] tbody tr')]
    .map((element) => [element, (element.cells?.[0] ?? element).textContent.toLowerCase()]);
  const groups = document.querySelectorAll('#curves-legend details');
  const find = (text) => {
    for (const field of fields) if (field.value !== text) field.value = text;
    const words = text.toLowerCase().split(/\s+/);
    for (const [element, name] of named) element.hidden = !words.every((word) => name.includes(word));
    for (const group of groups) {
      group.hidden = !group.querySelector('label:not([hidden])');
      if (text) group.open = true;
    }
  };
  for (const field of fields) field.addEventListener('input', () => find(field.value));
}

function setUpSweeps(data) {
  (data.sweeps ?? []).forEach((sweep, number) => {
    const host = document.getElementById(`sweep-${number}`);
    const [metric, protocol] = ['metric', 'protocol'].map((name) => document.getElementById(`sweep-${number}-${name}`));
    fillSelect(metric, sweep.metrics.map((m) => m.label));
    fillSelect(protocol, sweep.protocols);
    const note = document.getElementById(`sweep-${number}-note`);
    const draw = () => {
      const chosen = sweep.metrics[Number(metric.value)];
      const found = sweep.lines[sweep.protocols[Number(protocol.value)]]?.[chosen.key];
      drawChart(host, {
        title: `${chosen.label} against ${sweep.axis}`, xLabel: sweep.axis, yLabel: chosen.label,
        xLog: sweep.log, yLog: chosen.log, xTicks: sweep.ticks, legend: true, series: found?.series ?? [],
      });
      note.textContent = found?.note ?? '';
    };
    for (const control of [metric, protocol]) control.addEventListener('input', draw);
    redrawOnResize(host, draw);
  });
}

function setUpRates(data) {
  const host = document.getElementById('rates-chart');
  if (!host || !data.rates) return;
  const { rates } = data;
  redrawOnResize(host, () => drawChart(host, {
    title: rates.title, xLabel: rates.axis, yLabel: rates.label, xLog: true, yLog: rates.log, legend: true, series: rates.series,
  }));
}

function setUpLayers(data) {
  const host = document.getElementById('layers-chart');
  if (!host || !data.layers) return;
  const { layers } = data;
  const [word, variant, protocol] = ['word', 'variant', 'protocol'].map((name) => document.getElementById(`layers-${name}`));
  fillSelect(word, layers.words.map((w) => w.label));
  fillSelect(variant, layers.variants.map((index) => data.variants[index].name));
  fillSelect(protocol, layers.protocols);
  const draw = () => {
    const chosen = layers.words[Number(word.value)];
    const index = layers.variants[Number(variant.value)];
    const lines = layers.lines[layers.protocols[Number(protocol.value)]]?.[index]?.[chosen.key] ?? {};
    const series = Object.entries(lines).map(([layer, line], k) => (
      lineSeries(data, { name: layer, slot: (k + 1) % 7, dash: Math.floor((k + 1) / 7) % 4 }, line)));
    drawChart(host, { title: `${chosen.label}: ${data.variants[index].name}`, xLabel: 'epoch', yLabel: chosen.label, yLog: chosen.log, legend: true, series });
  };
  for (const control of [word, variant, protocol]) control.addEventListener('input', draw);
  redrawOnResize(host, draw);
}

function setUpSlideMode(data) {
  const host = document.getElementById('slide-chart');
  if (!host || !data.slides) return;
  const [claim, seed] = ['slide-claim', 'slide-seed'].map((id) => document.getElementById(id));
  fillSelect(claim, data.slides.claims.map((c) => c.says));
  const draw = () => {
    const slide = data.slides.claims[Number(claim.value)];
    const told = slide.seeds[Math.min(Number(seed.value), slide.seeds.length - 1)];
    document.getElementById('slide-seed-shown').textContent = String(told.seed);
    showVerdict('slide-verdict', told);
    showVerdict('slide-all-verdict', slide.all);
    const texts = { story: told.story, sentence: told.sentence, all: slide.all.story, 'all-sentence': slide.all.sentence };
    for (const [name, text] of Object.entries(texts)) document.getElementById(`slide-${name}`).textContent = text;
    drawSlide(data, host, slide, told.seed);
  };
  const choose = () => { seed.max = String(data.slides.claims[Number(claim.value)].seeds.length - 1); draw(); };
  claim.addEventListener('input', choose);
  seed.addEventListener('input', draw);
  document.getElementById('slide-another').addEventListener('click', () => {
    seed.value = String((Number(seed.value) + 1 + Math.floor(Math.random() * (Number(seed.max) || 1))) % (Number(seed.max) + 1));
    draw();
  });
  redrawOnResize(host, draw);
  choose();
}

// The one run in full colour before the faint runs of all other seeds.
function drawSlide(data, host, slide, seed) {
  const { slides } = data;
  const [faint, clear] = [[], []];
  for (const index of slide.variants) {
    const variant = data.variants[index];
    const runs = slides.lines[slide.curve.key]?.[index];
    for (const [k, repeat] of (runs?.repeats ?? []).entries()) {
      const line = lineSeries(data, variant, runs.curves[k]);
      if (repeat === seed) clear.push(line);
      else faint.push({ ...line, faint: true });
    }
  }
  host.hidden = clear.length + faint.length === 0;
  drawChart(host, { title: `${slide.curve.label}, seed ${seed}`, xLabel: 'epoch', yLabel: slide.curve.label, yLog: slide.curve.log, legend: true, series: [...faint, ...clear] });
}

function showVerdict(id, { verdict, sign, word, about }) {
  const shown = document.getElementById(id);
  shown.className = `verdict ${verdict}`;
  shown.textContent = `${sign} ${word}`;
  shown.title = about ?? '';
}

function setUpSource(data) {
  const select = document.getElementById('source-variant');
  if (!select) return;
  const panels = [...document.querySelectorAll('[data-changes]')];
  const rows = document.querySelectorAll('.yaml .row');
  fillSelect(select, panels.map((panel) => panel.dataset.changes));
  const show = () => {
    panels.forEach((panel, index) => { panel.hidden = index !== Number(select.value); });
    const lines = data.source[Number(select.value)];
    rows.forEach((row, index) => {
      row.classList.toggle('changed', lines.changed.includes(index + 1));
      row.classList.toggle('replaced', lines.replaced.includes(index + 1));
    });
  };
  select.addEventListener('input', show);
  const first = data.source.findIndex((lines) => lines.changed.length > 0);
  select.value = String(Math.max(0, first));
  show();
}

// A link to a claim opens it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

addEventListener('hashchange', openTarget);
openTarget();

const studyData = pageData('study-data');
if (studyData) for (const setUp of [setUpCurves, setUpSearch, setUpSweeps, setUpRates, setUpLayers, setUpSlideMode, setUpSource]) setUp(studyData);
