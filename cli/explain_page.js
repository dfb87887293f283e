'use strict';

const PIECE = 1 << 20;
const at = id => document.getElementById(id);

/* -- Elements: texts stay texts, whatever they hold -- */

function make(tag, fields, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(fields || {})) {
        element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter(child => child || child === 0));
    return element;
}

function section(title, ...children) {
    return make('section', null, make('h2', null, title), ...children);
}

/* The catalogue puts what is to be typed between `marks`. */
const prose = text => text.split('`').map((part, i) => i % 2 === 0 ? part : make('code', null, part));

/* -- Sending: the pieces of what there is, so that nobody holds all of it -- */

async function call(path, body) {
    const answer = await fetch(path, {method: 'POST', body, cache: 'no-store'});
    const said = await answer.json().catch(() => ({error: `the program answered ${answer.status}`}));

    if (!answer.ok) {
        throw new Error(said.error);
    }
    return said;
}

async function send(blob, name) {
    const {id} = await call('begin', name);

    for (let done = 0; done < blob.size; done += PIECE) {
        await call(`piece/${id}`, blob.slice(done, done + PIECE));
        if (blob.size > 8 * PIECE) {
            tell(`Reading: ${Math.round(100 * Math.min(1, (done + PIECE) / blob.size))} %`);
        }
    }
    return call(`end/${id}`, '');
}

function tell(text, isBad) {
    at('state').textContent = text;
    at('state').className = isBad ? 'bad' : '';
}

async function explain(blob, name) {
    const button = at('explain');

    if (button.disabled) {
        return;
    }
    button.disabled = true;
    at('verdict').hidden = true;
    tell('Looking …');
    try {
        show(await send(blob, name));
        tell('');
    } catch (error) {
        tell(error instanceof TypeError ? 'The program does not answer. Was it stopped?'
                                        : `It cannot be read: ${error.message}`, true);
    }
    button.disabled = false;
}

/* -- Times -- */

/* Milliseconds where seconds belong are shown as what they were meant to be. */
const seconds = time => Math.abs(time) > 1e11 ? time / 1000 : time;

function instant(time) {
    const date = new Date(seconds(time) * 1000);

    return isNaN(date) ? String(time) : date.toISOString().replace('T', ' ').replace(/(\.000)?Z$/, 'Z');
}

function apart(a, b) {
    const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
    let left = Math.round(Math.abs(a - b));
    const words = [];

    for (const [unit, size] of units) {
        const n = Math.floor(left / size);

        left -= n * size;
        if (words.length > 0 || n > 0) {
            words.push(n > 0 ? `${n} ${unit}` : '');
        }
    }
    return words.slice(0, 2).filter(Boolean).join(' ') || 'no time';
}

/* -- The head -- */

const LOOKS = {healthy: 'healthy', undiagnosed: 'unknown'};
const TITLES = {
    healthy: 'Nothing failed here, and nothing is wrong with what was given.',
    undiagnosed: 'No cause was found. What was looked at is below.',
};

/* This page asks no server: of a command alone there is only how it is written. */
const isUnsent = verdict => verdict.input.kind === 'command' && verdict.status === null;
const UNSENT = 'Nothing is wrong with how this is written. It was not sent: ' +
               '`doorward explain` does that, not this page.';

function sure(cause) {
    const meter = make('span', {class: 'meter', 'aria-hidden': 'true'}, make('i'));

    meter.style.setProperty('--sure', cause.confidence);
    return make('p', {class: 'sure'}, meter, `${cause.word}, ${cause.confidence} %`);
}

const KINDS = {
    har: 'a HAR', curl: 'a curl transcript', http: 'an HTTP message', wget: 'a wget transcript', token: 'a token',
    command: 'a curl command',
};

function looked(verdict) {
    const {kind, name, exchanges, shown, cut} = verdict.input;

    return (name === '-' ? 'Read' : `${name}, read`) + ` as ${KINDS[kind] || kind}` +
           (exchanges > 1 ? `, ${exchanges} exchanges; number ${shown} is shown` : '') +
           (cut ? '; it ends too soon, and what is there was judged' : '') + '.';
}

function head(verdict) {
    const [cause] = verdict.causes;
    const {exchange} = verdict;
    const says = cause ? cause.title : isUnsent(verdict) ? UNSENT : TITLES[verdict.verdict];
    const title = (verdict.status ? `${verdict.status} ` : '') + verdict.verdict;

    return make('section', {class: `head ${LOOKS[verdict.verdict] || ''}`},
                make('h2', {id: 'headline'}, title), cause && sure(cause),
                make('p', {class: 'title'}, prose(says)),
                exchange && make('p', null, make('code', null, `${exchange.method || ''} ${exchange.url || ''}`)),
                make('p', {class: 'quiet small'}, looked(verdict)));
}

/* -- What shows it, and what mends it -- */

const where = thing => thing.where ? make('span', {class: 'quiet small'}, ` ${thing.where}`) : null;

function bytes({caret}) {
    if (!caret) {
        return null;
    }
    return section('The line it is about',
                   make('pre', null, caret.name ? `${caret.name}: ` : '', caret.before,
                        make('mark', null, caret.marked || ' '), caret.after),
                   make('p', {class: 'says'}, caret.says, where(caret)));
}

function evidence(cause) {
    const list = make('dl');

    for (const shows of cause.evidence) {
        list.append(make('dt', null, shows.source), make('dd', null, shows.what, where(shows)));
    }
    if (cause.against) {
        list.append(make('dt', null, 'but'), make('dd', null, cause.against));
    }
    return list;
}

function fixes({fix}) {
    const whom = [['You call it', fix.consumer], ['You build it', fix.builder], ['You visit it', fix.visitor]];

    return make('div', {class: 'fixes'}, whom.filter(([, text]) => text).map(
        ([who, text]) => make('div', null, make('h3', null, who), make('p', null, prose(text)))));
}

function copyButton(text) {
    const button = make('button', {type: 'button'}, 'Copy');

    button.addEventListener('click', async () => {
        const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);

        button.textContent = copied ? 'Copied' : 'Select it, and copy it by hand';
        setTimeout(() => { button.textContent = 'Copy'; }, 3000);
    });
    return button;
}

function command({repaired}) {
    return repaired && make('section', null,
                            make('div', {class: 'with-button'}, make('h2', null, 'The repaired command'),
                                 copyButton(repaired)), make('pre', {id: 'repaired'}, repaired));
}

/* -- The timeline -- */

const EVENTS = {iat: 'issued', nbf: 'good from here on', exp: 'ends'};
const CLOCKS = {server: 'the server’s Date', capture: 'the client, when it asked', local: 'this machine, now'};

function collect({token, clocks}) {
    const events = [];

    for (const [name, says] of Object.entries(EVENTS)) {
        if (token[name]) {
            events.push({time: seconds(token[name]), name, says});
        }
    }
    for (const [name, says] of Object.entries(CLOCKS)) {
        if (clocks[name]) {
            events.push({time: clocks[name], clock: true, says, judged: clocks.judged_by === JUDGES[name]});
        }
    }
    return events.sort((a, b) => a.time - b.time);
}

const JUDGES = {server: 'the server\'s Date', capture: 'the capture\'s clock', local: 'this machine\'s clock'};

const isValid = ({iat, nbf, exp}, time) =>
    (!(nbf || iat) || time >= seconds(nbf || iat)) && (!exp || time < seconds(exp));

function state(token, time) {
    if (isValid(token, time)) {
        return 'the token is good';
    }
    return token.exp && time >= seconds(token.exp) ? 'it has ended' : 'it is not good yet';
}

function event(token, it, classes) {
    const says = it.judged ? make('strong', null, `${it.says}: judged by this, ${state(token, it.time)}`) : it.says;

    return make('li', {class: `event ${classes} ${it.clock ? 'clock' : ''} ${it.judged ? 'judged' : ''} ${
                       isValid(token, it.time) ? 'fits' : ''}`},
                make('time', null, instant(it.time)),
                make('span', null, it.name ? [make('code', null, it.name), ' '] : '', says));
}

function gap(token, from, to) {
    const item = make('li', {class: `gap small ${isValid(token, from.time) ? 'valid' : 'quiet'}`},
                      `${apart(from.time, to.time)}, ${state(token, from.time)}`);

    item.style.setProperty('--gap', Math.log10(1 + to.time - from.time).toFixed(2));
    return item;
}

function timeline(verdict) {
    const {token} = verdict;

    if (!token || !(token.exp || token.nbf || token.iat)) {
        return null;
    }
    const list = make('ol', {class: 'times'}), events = collect(verdict);

    events.forEach((it, i) => {
        const next = events[i + 1], isLast = next === undefined;

        list.append(event(token, it, (i === 0 ? 'first ' : '') + (isLast ? 'last' : '')));
        if (!isLast && next.time > it.time) {
            list.append(gap(token, it, next));
        }
    });
    return section('The token’s time, and the clocks', list,
                   make('p', {class: 'quiet small'}, 'Squares are the token’s times, circles are clocks. ' +
                        'Long gaps are drawn shorter than they are.'));
}

/* -- The way of the request -- */

function way(hop) {
    if (hop.lost) {
        return make('span', {class: 'way bad'}, `✕ ${hop.lost} lost here`);
    }
    return make('span', {class: 'way quiet'}, hop.carries ? `with ${hop.carries}` : 'no credentials seen');
}

function hops(verdict) {
    if (verdict.hops.length === 0) {
        return null;
    }
    const list = make('ol', {class: 'hops'}, make('li', null, make('span', {class: 'stop'}, 'the client')));

    for (const hop of verdict.hops) {
        const fails = hop.status >= 400 || (hop.status === null && !isUnsent(verdict));
        const answer = hop.status || (isUnsent(verdict) ? 'not sent' : 'no answer');

        list.append(make('li', null, way(hop), make('span', {class: `stop ${fails ? 'fails' : ''}`},
            make('code', null, `${hop.method || ''} ${hop.url || ''}`), make('br'),
            make('span', {class: `status ${fails ? 'bad' : ''}`}, answer))));
    }
    return section('The way of the request', list);
}

/* -- The token's words -- */

const MEANS = {
    alg: 'how it is signed or encrypted', typ: 'what kind of token it is',
    kid: 'which of the issuer’s keys signed it',
    cty: 'what is inside', enc: 'how its content is encrypted', jku: 'where its keys are said to be',
    x5t: 'hash of the certificate that signed it', jwk: 'a public key that comes with it',
    crit: 'what must be understood',
    iss: 'who issued it', sub: 'whom it is about', aud: 'whom it is for: the API must find itself here',
    exp: 'when it ends', nbf: 'when it begins to be good', iat: 'when it was issued',
    jti: 'its own id, so that it can be revoked or used once', scope: 'what it permits', scp: 'what it permits',
    roles: 'the roles of whom it is about', groups: 'the groups of whom it is about', permissions: 'what it permits',
    azp: 'the client it was issued to', client_id: 'the client it was issued to', cid: 'the client it was issued to',
    appid: 'the client it was issued to', cnf: 'the key its holder must prove to have', nonce: 'ties it to one sign-in',
    auth_time: 'when the person signed in', acr: 'how strongly the person signed in', amr: 'by which means',
    at_hash: 'ties an ID token to its access token', sid: 'the session it belongs to', act: 'who acts for the subject',
    tid: 'the tenant', oid: 'the object’s id in the tenant', email: 'an address of the person',
    name: 'a name to show',
    email_verified: 'whether the address was checked', preferred_username: 'a name to show',
    ver: 'the format’s version',
    token_use: 'access or id: an API takes access', updated_at: 'when the profile last changed',
    htm: 'the method it proves', htu: 'the URL it proves', ath: 'ties a proof to its access token',
};
const TIMES = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at']);

function value(name, it, judged) {
    if (TIMES.has(name) && typeof it === 'number') {
        const time = seconds(it);

        return [make('code', null, String(it)), make('br'), `${instant(it)}, ` +
                `${apart(time, judged)} ${time > judged ? 'later than' : 'before'} the clock that counts` +
                (time !== it ? '; in milliseconds, where seconds belong' : '')];
    }
    return [make('code', null, typeof it === 'string' ? it : JSON.stringify(it))];
}

function table(title, members, judged) {
    const rows = Object.entries(members).map(([name, it]) => make('tr', null, make('th', {scope: 'row'}, name),
        make('td', null, value(name, it, judged)), make('td', {class: 'quiet'}, MEANS[name] || '')));

    return make('table', null, make('caption', null, title),
                make('thead', null, make('tr', null, ['name', 'value', 'what it means'].map(
                    text => make('th', {scope: 'col'}, text)))), make('tbody', null, rows));
}

const SHAPES = {
    jwe: 'This token is encrypted: only its header can be read.', paseto: 'This is a PASETO, not a JWT.',
    opaque: 'This token is opaque: only its issuer can say what it means.', vendor: 'This token is opaque.',
    broken: 'This token is broken.',
};

function token({token, clocks}) {
    if (!token) {
        return null;
    }
    return section('What the token says', SHAPES[token.shape] && make('p', null, SHAPES[token.shape]),
                   token.vendor && make('p', null, `By its looks: ${token.vendor}.`),
                   token.fault && make('p', {class: 'bad'}, `Character ${token.fault.at + 1}: ${token.fault.what}`),
                   token.header && table('The header', token.header, clocks.judged),
                   token.claims && table('The claims', token.claims, clocks.judged),
                   (token.header || token.claims) &&
                       make('p', {class: 'quiet small'}, 'The signature was not checked.'));
}

/* -- The rest -- */

function challenges(verdict) {
    if (verdict.challenges.length === 0) {
        return null;
    }
    return section('What the server asks for', verdict.challenges.map(it => make('div', null,
        make('h3', null, it.scheme, where(it)),
        it.token68 && make('p', null, make('code', null, it.token68)),
        make('dl', null, it.params.map(param => [make('dt', null, param.name), make('dd', null, param.value)])),
        it.fault && make('p', {class: 'bad'}, `Malformed at byte ${it.fault.at + 1}: ${it.fault.what}`))));
}

function others({causes}) {
    return causes.length > 1 && section('Also possible', causes.slice(1).map(cause =>
        make('details', null, make('summary', null, `${cause.id}: ${cause.word}, ${cause.confidence} %`),
             make('div', null, make('p', null, prose(cause.title)), evidence(cause), fixes(cause)))));
}

function ruledOut({ruled_out}) {
    return ruled_out.length > 0 && section('Ruled out', make('ul', {class: 'plain'}, ruled_out.map(
        it => make('li', null, make('code', null, it.id), ` ${it.why}`))));
}

function more(cause) {
    const list = make('dl');

    if (cause.confirm) {
        list.append(make('dt', null, 'to be sure'), make('dd', null, prose(cause.confirm)));
    }
    if (cause.reference) {
        list.append(make('dt', null, 'see'), make('dd', null, cause.reference));
    }
    list.append(make('dt', null, 'read on'), make('dd', null, make('code', null, `doorward reasons ${cause.id}`)));
    return section('More', list);
}

function show(verdict) {
    const [cause] = verdict.causes;
    const parts = [head(verdict), bytes(verdict), cause && section('What shows it', evidence(cause)),
                   cause && section('What to do', fixes(cause)), cause && command(cause), timeline(verdict),
                   hops(verdict), token(verdict), challenges(verdict), others(verdict), ruledOut(verdict),
                   cause && more(cause)];

    at('verdict').replaceChildren(...parts.filter(Boolean));
    at('verdict').hidden = false;
    at('verdict').focus({preventScroll: true});
    at('verdict').scrollIntoView();
}

/* -- Pasting, choosing, dropping -- */

/* A text area turns every line end into \n. What was pasted keeps its own. */
let pasted = '';
const typed = () => at('text').value === pasted.replace(/\r\n?/g, '\n') ? pasted : at('text').value;

at('ask').addEventListener('submit', submitted => {
    submitted.preventDefault();
    if (at('text').value === '') {
        tell('There is nothing to explain yet: paste something, or choose a file.', true);
        at('text').focus();
        return;
    }
    explain(new Blob([typed()]), '');
});
at('text').addEventListener('paste', event => {
    pasted = event.clipboardData.getData('text/plain');
    if (at('text').value === '') {
        setTimeout(() => at('ask').requestSubmit());
    }
});
at('text').addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        at('ask').requestSubmit();
    }
});
at('file').addEventListener('change', () => {
    const [file] = at('file').files;

    if (file) {
        explain(file, file.name);
    }
    at('file').value = '';
});
for (const name of ['dragenter', 'dragover']) {
    document.addEventListener(name, event => {
        event.preventDefault();
        document.body.classList.add('over');
    });
}
document.addEventListener('dragleave', event => {
    if (event.relatedTarget === null) {
        document.body.classList.remove('over');
    }
});
document.addEventListener('drop', event => {
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData('text/plain');

    event.preventDefault();
    document.body.classList.remove('over');
    if (file) {
        explain(file, file.name);
    } else if (text) {
        at('text').value = text;
        explain(new Blob([text]), '');
    }
});
at('origin').textContent = location.host;
