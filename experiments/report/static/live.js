// While a run is at work: how far it is, and the newest scoreboard, without a reload and without a server.
// A page opened from a file may read no other file, but it may show itself in a hidden frame: the copy in the frame is
// the newest one, and hands its content over. It is taken in place, so filters, focus and scroll position stay.
'use strict';

const LIVE = { betweenLooks: 2000, deadAfter: 60000, overAfter: 10000 };

function liveParts() {
  const data = document.getElementById('live-data');
  const [nav, board] = ['#page-nav', '#board-page'].map((place) => document.querySelector(place).innerHTML);
  return { live: data ? data.textContent : '', nav, board };
}

function setUpLive() {
  if (!document.getElementById('board-page')) return;
  const parts = liveParts();
  if (window.parent !== window) window.parent.postMessage(parts, '*');
  else if (parts.live) new LivePage(parts).show();
}

class LivePage {
  constructor({ live, board }) {
    this.state = JSON.parse(live);
    this.board = board;
    this.lastSeen = Date.now();
    this.place = document.getElementById('live');
    window.addEventListener('message', (event) => this.receive(event));
  }

  // A run that ended leaves a page without a state; another run beside it may do so for a moment, too.
  get over() { return Date.now() - this.lastSeen > LIVE.overAfter; }

  get dead() { return Date.now() - this.state.beat * 1000 > LIVE.deadAfter; }

  show() {
    this.place.hidden = this.over;
    if (this.over) return;
    this.place.classList.toggle('dead', this.dead);
    this.place.replaceChildren(...liveElements(this.state, this.dead));
    if (!this.dead) setTimeout(() => this.look(), LIVE.betweenLooks);
  }

  look() {
    this.frame?.remove();
    this.frame = htmlElement('iframe', { src: `${location.pathname}?${Date.now()}`, hidden: true });
    this.frame.addEventListener('load', () => setTimeout(() => this.show(), 0));
    document.body.append(this.frame);
  }

  receive({ source, data }) {
    if (!this.frame || source !== this.frame.contentWindow) return;
    if (data.live) {
      this.state = JSON.parse(data.live);
      this.lastSeen = Date.now();
    }
    if (data.board !== this.board) keepingPlace(() => {
      document.getElementById('board-page').innerHTML = data.board;
      document.getElementById('page-nav').innerHTML = data.nav;
    });
    this.board = data.board;
  }
}

// What the reader has chosen, has typed, and looks at is the same after the content was replaced.
function keepingPlace(replace) {
  const fields = [...document.querySelectorAll('#filters input, #filters select')].map(({ id, value }) => ({ id, value }));
  const focused = document.activeElement?.id;
  const [start, end] = [document.activeElement?.selectionStart, document.activeElement?.selectionEnd];
  const anchor = firstInSight();
  replace();
  for (const { id, value } of fields) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  setUpScoreboard();
  setUpSortableTables();
  const again = focused && document.getElementById(focused);
  if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  if (again && typeof start === 'number') again.setSelectionRange(start, end);
  const moved = anchor && document.querySelector(anchor.selector);
  if (moved) window.scrollBy({ top: moved.getBoundingClientRect().top - anchor.top, behavior: 'instant' });
}

function firstInSight() {
  const seen = [...document.querySelectorAll('#board tr[data-study], #board-page h2')].find((element) => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.bottom > 0;
  });
  if (!seen) return null;
  const { study, says } = seen.dataset;
  const selector = study ? `tr[data-study="${CSS.escape(study)}"][data-says="${CSS.escape(says)}"]` : `#${CSS.escape(seen.id)}`;
  return { selector, top: seen.getBoundingClientRect().top };
}

function liveElements(state, dead) {
  const of = (name) => state.studies.filter((study) => study.state === name);
  const count = (name, word) => (of(name).length ? `${of(name).length} ${word}` : '');
  const studies = [count('done', 'done'), count('running', 'running'), count('writing', 'being written'), count('waiting', 'waiting')];
  const whole = (number) => number.toLocaleString('en-US');
  const parts = [`Studies: ${studies.filter(Boolean).join(', ')}`, `${whole(state.done)} of ${whole(state.total)} runs`];
  if (!dead && state.left !== null) parts.push(`about ${timeInWords(state.left)} left`);
  const made = [];
  const line = htmlElement('p');
  htmlElement('b', { textContent: dead ? 'Not running.' : 'Running.' }, line);
  line.append(` ${parts.join(' · ')}`);
  if (dead) line.append(` · last update ${new Date(state.beat * 1000).toLocaleString()}; the same command continues the run`);
  made.push(line);
  if (state.total) made.push(htmlElement('progress', { max: state.total, value: state.done, ariaLabel: 'Runs that are done' }));
  const list = htmlElement('ul');
  for (const study of [...of('running'), ...of('writing')]) {
    const item = htmlElement('li', {}, list);
    htmlElement(study.link ? 'a' : 'span', study.link ? { href: study.link, textContent: study.title } : { textContent: study.title }, item);
    item.append(study.state === 'writing' ? ': trained, its page is being written' : `: ${whole(study.done)} of ${whole(study.total)} runs`);
  }
  if (!dead && list.children.length) made.push(list);
  return made;
}

function timeInWords(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

setUpLive();
