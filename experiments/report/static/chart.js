// A line chart: mean lines, bands, a cursor that reads values with the pointer or the arrow keys.
'use strict';

const MARGIN = { top: 10, right: 14, bottom: 40, left: 58 };
const MOST_DIGITS = 6; // of a tick beside the name of the axis

function axisScale(low, high, from, to, log) {
  const [a, b] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const span = b - a || 1;
  return (value) => from + ((log ? Math.log10(value) : value) - a) / span * (to - from);
}

function niceTicks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function logTicks(low, high) {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((to - from) / 6));
  const ticks = [];
  for (let k = from; k <= to; k += every) ticks.push(10 ** k);
  return ticks.length > 1 ? ticks : [low, high];
}

function drawable(value, log) {
  return value !== null && Number.isFinite(value) && (!log || value > 0);
}

// The extent of all that is shown; a log axis ignores what it cannot hold.
function extentOf(seriesList, keys, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const series of seriesList) {
    for (const key of keys) {
      for (const value of series[key] ?? []) {
        if (!drawable(value, log)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (low === high) return log ? [low / 2, low * 2] : [low - Math.abs(low) * 0.1 - 0.05, high + Math.abs(high) * 0.1 + 0.05];
  const room = log ? 1 : (high - low) * 0.04;
  return log ? [low, high] : [low - room, high + room];
}

function linePath(xs, ys, xScale, yScale, log) {
  let path = '';
  let pen = 'M';
  ys.forEach((value, index) => {
    if (drawable(value, log)) {
      path += `${pen}${xScale(xs[index]).toFixed(1)} ${yScale(value).toFixed(1)}`;
      pen = 'L';
    } else pen = 'M';
  });
  return path;
}

// Bands are drawn where both ends exist; on a log axis an end below the floor is drawn at the floor.
function bandPath(series, xScale, yScale, floor, log) {
  const there = series.x.map((_, i) => i).filter((i) => drawable(series.high?.[i] ?? null, log) && series.low?.[i] !== null);
  const bottom = (i) => (log ? Math.max(series.low[i], floor) : series.low[i]);
  const upper = there.map((i) => `${xScale(series.x[i]).toFixed(1)} ${yScale(series.high[i]).toFixed(1)}`);
  const lower = there.reverse().map((i) => `${xScale(series.x[i]).toFixed(1)} ${yScale(bottom(i)).toFixed(1)}`);
  return upper.length > 1 ? `M${upper.join('L')}L${lower.join('L')}Z` : '';
}

// spec: {title, xLabel, yLabel, xLog, yLog, xTicks?: [{value, label}], yRange?, legend?, series: [{name, slot, dash, faint, points, x, mean, low, high}]}
function drawChart(host, spec) {
  host.replaceChildren();
  htmlElement('figcaption', { textContent: spec.title }, host);
  if (spec.legend) drawLegend(host, spec.series);
  const width = Math.max(280, Math.round(host.clientWidth) || 480);
  const height = Math.round(Math.min(340, Math.max(220, width * 0.62)));
  const frame = svgElement('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', tabindex: 0, 'aria-label': describeChart(spec) }, host);
  const readout = htmlElement('output', { className: 'readout', textContent: 'Point at the chart, or press the arrow keys in it, to read values.' }, host);
  readout.setAttribute('aria-live', 'polite');
  if (!spec.series.some((series) => series.mean.some((value) => drawable(value, spec.yLog)))) {
    svgElement('text', { x: width / 2, y: height / 2, 'text-anchor': 'middle' }, frame, 'No values to draw.');
    return;
  }
  const scales = chartScales(spec, width, height);
  drawAxes(frame, spec, scales, width, height);
  for (const series of spec.series) drawSeries(frame, series, scales, spec.yLog);
  attachCursor(frame, readout, spec, scales, height);
}

function drawLegend(host, seriesList) {
  const legend = htmlElement('div', { className: 'legend' }, host);
  for (const series of seriesList) {
    if (series.faint) continue;
    const label = htmlElement('span', { className: 'entry' }, legend);
    lineSample(label, series);
    label.append(series.name);
  }
}

function lineSample(host, look) {
  const sample = svgElement('svg', { viewBox: '0 0 26 10', 'aria-hidden': 'true' }, host);
  svgElement('path', { class: `curve s${look.slot} dash${look.dash}`, d: 'M1 5H25' }, sample);
}

function describeChart(spec) {
  const names = spec.series.filter((series) => !series.faint).map((series) => series.name);
  return `${spec.title}: ${spec.yLabel} against ${spec.xLabel} for ${names.join(', ') || 'nothing'}. Arrow keys read values.`;
}

function chartScales(spec, width, height) {
  const [xLow, xHigh] = spec.xTicks ? tickExtent(spec.xTicks, spec.xLog) : extentOf(spec.series, ['x'], spec.xLog).map((v, i) => (spec.xLog ? v : exactEnd(spec, i)));
  const [yLow, yHigh] = spec.yRange ?? extentOf(spec.series, ['mean', 'low', 'high'], spec.yLog);
  return {
    xLow, xHigh, yLow, yHigh,
    x: axisScale(xLow, xHigh, MARGIN.left, width - MARGIN.right, spec.xLog),
    y: axisScale(yLow, yHigh, height - MARGIN.bottom, MARGIN.top, spec.yLog),
  };
}

function exactEnd(spec, end) {
  const all = spec.series.flatMap((series) => (series.x.length ? [series.x[0], series.x[series.x.length - 1]] : []));
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low === high ? low + (end ? 1 : -1) : [low, high][end];
}

function tickExtent(ticks, log) {
  const values = ticks.map((tick) => tick.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (log) return low === high ? [low / 2, low * 2] : [low, high];
  return low === high ? [low - 1, low + 1] : [low, high];
}

function drawAxes(frame, spec, scales, width, height) {
  const floor = height - MARGIN.bottom;
  const yTicks = spec.yLog ? logTicks(scales.yLow, scales.yHigh) : niceTicks(scales.yLow, scales.yHigh, 5);
  for (const value of yTicks) {
    const y = scales.y(value);
    svgElement('line', { class: 'gridline', x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y }, frame);
    svgElement('text', { x: MARGIN.left - 8, y: y + 4, 'text-anchor': 'end' }, frame, formatNumber(value));
  }
  for (const tick of thinTicks(spec.xTicks ?? plainTicks(spec, scales, width), scales.x)) {
    svgElement('text', { x: scales.x(tick.value), y: floor + 18, 'text-anchor': 'middle' }, frame, tick.label);
  }
  svgElement('line', { class: 'axis', x1: MARGIN.left, x2: width - MARGIN.right, y1: floor, y2: floor }, frame);
  svgElement('text', { x: (MARGIN.left + width - MARGIN.right) / 2, y: height - 4, 'text-anchor': 'middle' }, frame, spec.xLabel);
  const widest = Math.max(0, ...yTicks.map((value) => formatNumber(value).length));
  if (spec.yLabel.length * 6.2 > floor - MARGIN.top || widest > MOST_DIGITS) return; // no room: the title says it too
  svgElement('text', { transform: `translate(12 ${(MARGIN.top + floor) / 2}) rotate(-90)`, 'text-anchor': 'middle' }, frame, spec.yLabel);
}

function plainTicks(spec, scales, width) {
  const values = spec.xLog ? logTicks(scales.xLow, scales.xHigh) : niceTicks(scales.xLow, scales.xHigh, width / 110);
  return values.map((value) => ({ value, label: formatNumber(value) }));
}

// Leaves out labels that would run into the one before.
function thinTicks(ticks, scale) {
  let end = -Infinity;
  return ticks.filter((tick) => {
    const half = tick.label.length * 3.6 + 3;
    if (scale(tick.value) - half < end) return false;
    end = scale(tick.value) + half;
    return true;
  });
}

function drawSeries(frame, series, scales, log) {
  const style = `s${series.slot} dash${series.dash ?? 0}${series.faint ? ' faint' : ''}`;
  const band = bandPath(series, scales.x, scales.y, scales.yLow, log);
  if (band) svgElement('path', { class: `band f${series.slot}`, d: band }, frame);
  svgElement('path', { class: `curve ${style}`, d: linePath(series.x, series.mean, scales.x, scales.y, log) }, frame);
  series.mean.forEach((value, index) => {
    if (!drawable(value, log) || !(series.points || isAlone(series.mean, index, log))) return;
    const radius = series.marked?.includes(index) ? 5.5 : 3;
    svgElement('circle', { class: `point f${series.slot}`, cx: scales.x(series.x[index]), cy: scales.y(value), r: radius, opacity: series.faint ? 0.25 : 1 }, frame);
    if (series.ringed?.includes(index)) svgElement('circle', { class: `ring s${series.slot}`, cx: scales.x(series.x[index]), cy: scales.y(value), r: 9 }, frame);
  });
}

// Whether no line leads to a value, such as the only epoch of a training.
function isAlone(values, index, log) {
  return [values[index - 1], values[index + 1]].every((value) => value === undefined || !drawable(value, log));
}

function attachCursor(frame, readout, spec, scales, height) {
  const positions = [...new Set(spec.series.flatMap((series) => series.x))].sort((a, b) => a - b);
  const line = svgElement('line', { class: 'cursor', y1: MARGIN.top, y2: height - MARGIN.bottom, visibility: 'hidden' }, frame);
  let at = positions.length - 1;
  const show = (index) => {
    at = Math.max(0, Math.min(positions.length - 1, index));
    line.setAttribute('visibility', 'visible');
    line.setAttribute('x1', scales.x(positions[at]));
    line.setAttribute('x2', scales.x(positions[at]));
    readout.replaceChildren(...readValues(spec, positions[at]));
  };
  frame.addEventListener('pointermove', (event) => {
    const box = frame.getBoundingClientRect();
    const x = (event.clientX - box.left) * (frame.viewBox.baseVal.width / box.width);
    show(nearestIndex(positions, (value) => Math.abs(scales.x(value) - x)));
  });
  frame.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(at + step);
  });
}

function nearestIndex(values, distance) {
  let best = 0;
  values.forEach((value, index) => { if (distance(value) < distance(values[best])) best = index; });
  return best;
}

function readValues(spec, x) {
  const tick = spec.xTicks?.find((candidate) => candidate.value === x);
  const parts = [htmlElement('b', { textContent: `${spec.xLabel} ${tick ? tick.label : formatNumber(x)}  ` })];
  for (const series of spec.series) {
    if (series.faint || x < series.x[0] || x > series.x[series.x.length - 1]) continue;
    const index = nearestIndex(series.x, (value) => Math.abs(value - x));
    if (series.mean[index] === null) continue;
    const part = htmlElement('span', { textContent: `${series.name} ` });
    htmlElement('b', { textContent: formatNumber(series.mean[index]) }, part);
    if (series.low && series.low[index] !== null) part.append(` [${formatNumber(series.low[index])}, ${formatNumber(series.high[index])}]`);
    parts.push(part);
  }
  return parts;
}

// Draws again when the width changes, so that text keeps its size on every screen.
function redrawOnResize(host, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - width) < 4) return;
    width = host.clientWidth;
    draw();
  }).observe(host);
}
