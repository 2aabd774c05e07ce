// A message from the page: its form is made from what the actor's module declares.

import { ApiError, api } from './api.js';
import { actorAddress } from './format.js';
import { emptyFields, FieldError, inputOf, messageJson, messagesOf, typedMessage } from './forms.js';
import { useEffect, useRef, useState } from './vendor/hooks.js';
import { html, Refusal, Section, Tree } from './view.js';

/** @import { ActorView, Field, MessageForm, ModuleView, Outcome, Union } from './api-types.d.ts' */
/** @import { Filled } from './forms.js' */

const TIMEOUT_MS = 5000;

/** @param {{ actor: ActorView, sent: () => void }} props */
export function SendForm({ actor, sent }) {
  const module = useModule(actor.code.module);
  if (module === undefined)
    return html`<${Section} title="Send a message"><p class="quiet" role="status">Reading…</p></${Section}>`;
  const messages = messagesOf(module ?? undefined, actor.code.target);
  return html`<${Section} title="Send a message">
    <${Form} key=${actor.code.module} path=${actor.path} messages=${messages} unions=${module?.unions ?? []} sent=${sent} />
  </${Section}>`;
}

/**
 * Undefined while it is read; null where the module is not known, as that of a supervisor.
 * @param {string} hash
 */
function useModule(hash) {
  const [module, setModule] = useState(/** @type {ModuleView | null | undefined} */ (undefined));
  useEffect(() => {
    const ended = new AbortController();
    /** @type {Promise<ModuleView>} */ (
      api.call(`/v1/modules/${encodeURIComponent(hash)}`, { signal: ended.signal })
    ).then(setModule, () => {
      if (!ended.signal.aborted) setModule(null);
    });
    return () => ended.abort();
  }, [hash]);
  return module;
}

/**
 * One message: its id stays the same until another is made, so that it takes effect once.
 * @typedef {{ address: string, body: { message: unknown, id: string, timeoutMs: number, positional?: boolean } }} Letter
 */

/** @param {{ path: string, messages: readonly MessageForm[] | undefined, unions: readonly Union[], sent: () => void }} props */
function Form({ path, messages, unions, sent }) {
  const [tag, setTag] = useState(messages?.[0]?.tag ?? '');
  const form = messages?.find((message) => message.tag === tag);
  const [fields, setFields] = useState(() => emptyFields(form?.fields ?? [], unions));
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(/** @type {FieldError | undefined} */ (undefined));
  const { outcome, error, busy, send, repeat } = useSending(sent);
  const choose = (/** @type {string} */ to) => {
    setTag(to);
    setFields(emptyFields(messages?.find((message) => message.tag === to)?.fields ?? [], unions));
    setWrong(undefined);
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const about = event.submitter?.getAttribute('value') === 'messages' ? 'messages' : 'ask';
    try {
      const message = form === undefined ? typedMessage(text) : messageJson(tag, form.fields, fields, unions);
      setWrong(undefined);
      send({
        address: actorAddress(path, about),
        body: {
          message,
          id: crypto.randomUUID(),
          timeoutMs: TIMEOUT_MS,
          ...(about === 'ask' ? { positional: true } : {}),
        },
      });
    } catch (thrown) {
      if (!(thrown instanceof FieldError)) throw thrown;
      setWrong(thrown);
    }
  };
  return html`<form class="message" onSubmit=${submit}>
    ${
      messages === undefined || messages.length === 0
        ? html`<label>Message, in notation or JSON
            <textarea rows="4" spellcheck=${false} value=${text} placeholder="(Deposit 100)" onInput=${(/** @type {{ currentTarget: HTMLTextAreaElement }} */ { currentTarget }) => setText(currentTarget.value)}></textarea></label>`
        : html`<label>Message
            <select value=${tag} onChange=${(/** @type {{ currentTarget: HTMLSelectElement }} */ { currentTarget }) => choose(currentTarget.value)}>
              ${messages.map((message) => html`<option key=${message.tag} value=${message.tag}>${message.tag}</option>`)}
            </select></label>
          ${form === undefined ? '' : html`<p class="quiet">${answersOf(form)}</p><${FieldInputs} fields=${form.fields} filled=${fields} unions=${unions} change=${setFields} wrong=${wrong} name="field" />`}`
    }
    ${wrong === undefined ? '' : html`<p class="bad-text" role="alert" id="wrong">${wrong.message}</p>`}
    <div class="buttons">
      <button class="primary" value="ask" disabled=${busy}>Ask and wait for the reply</button>
      <button value="messages" disabled=${busy}>Send</button>
    </div>
    <div class="outcome" role="status" aria-live="polite">
      ${busy ? html`<p class="quiet">On its way…</p>` : ''}
      ${outcome === undefined ? '' : html`<${Reply} outcome=${outcome} unions=${unions} />`}
    </div>
    ${
      error === undefined
        ? ''
        : html`<${Refusal} error=${error} />
      ${['outcome-unknown', 'unreachable', 'no-quorum'].includes(error.code) ? html`<p>It may have taken effect, or not. <button type="button" onClick=${repeat}>Send it again with the same id</button> takes effect at most once.</p>` : ''}`
    }
  </form>`;
}

/** @param {() => void} sent */
function useSending(sent) {
  const [state, setState] = useState(
    /** @type {{ outcome: Outcome | undefined, error: ApiError | undefined, busy: boolean }} */ ({
      outcome: undefined,
      error: undefined,
      busy: false,
    }),
  );
  const letter = useRef(/** @type {Letter | undefined} */ (undefined));
  const repeat = async () => {
    if (letter.current === undefined) return;
    const { address, body } = letter.current;
    setState({ outcome: undefined, error: undefined, busy: true });
    try {
      const outcome = /** @type {Outcome} */ (
        await api.call(address, { method: 'POST', body, timeoutMs: body.timeoutMs + 5000 })
      );
      setState({ outcome, error: undefined, busy: false });
    } catch (thrown) {
      const error = thrown instanceof ApiError ? thrown : new ApiError('internal', String(thrown));
      setState({ outcome: undefined, error, busy: false });
    }
    sent();
  };
  const send = (/** @type {Letter} */ next) => {
    letter.current = next;
    void repeat();
  };
  return { ...state, send, repeat };
}

/** @param {MessageForm} form */
function answersOf({ answers }) {
  if (answers.length === 0) return 'It is not answered by a reply of its own.';
  return `Answered by ${answers.map(({ type, tag }) => tag ?? type).join(', or ')}.`;
}

/** @param {{ outcome: Outcome, unions: readonly Union[] }} props */
function Reply({ outcome, unions }) {
  const names = new Map(
    unions.flatMap(({ variants }) =>
      variants.map(({ tag, fields }) => [tag, fields.map(({ name }) => name)]),
    ),
  );
  const { response, sequence, mode, read, replayed } = outcome;
  return html`<h3>${response === undefined ? 'Taken' : 'Reply'}</h3>
    ${response === undefined ? '' : html`<div class="tree reply"><${Tree} json=${response} open=${3} names=${names} /></div>`}
    <p class="quiet">Sequence ${sequence}, ${mode}${read ? '; a read, which wrote nothing' : ''}${replayed ? '; the id was known, this is its first outcome' : ''}.</p>`;
}

/** @param {{ fields: readonly Field[], filled: readonly Filled[], unions: readonly Union[], change: (filled: Filled[]) => void, wrong: FieldError | undefined, name: string }} props */
function FieldInputs({ fields, filled, unions, change, wrong, name }) {
  if (fields.length === 0) return html`<p class="quiet">It has no fields.</p>`;
  return fields.map((field, at) => {
    const set = (/** @type {Filled} */ value) => change(filled.map((old, i) => (i === at ? value : old)));
    return html`<${FieldInput} key=${field.name} field=${field} value=${filled[at] ?? ''} unions=${unions} set=${set} wrong=${wrong} name=${`${name}-${field.name}`} />`;
  });
}

/** @param {{ field: Field, value: Filled, unions: readonly Union[], set: (value: Filled) => void, wrong: FieldError | undefined, name: string }} props */
function FieldInput({ field, value, unions, set, wrong, name }) {
  const union = unions.find((each) => each.name === field.type);
  const label = html`${field.name} <span class="type">${field.type}</span>`;
  const typed = (/** @type {{ currentTarget: { value: string } }} */ { currentTarget }) =>
    set(currentTarget.value);
  if (union !== undefined && typeof value !== 'string') {
    const variant = union.variants.find(({ tag }) => tag === value.tag);
    const choose = (/** @type {{ currentTarget: { value: string } }} */ { currentTarget }) => {
      const to = union.variants.find(({ tag }) => tag === currentTarget.value);
      set({ tag: currentTarget.value, fields: emptyFields(to?.fields ?? [], unions) });
    };
    return html`<fieldset><legend>${label}</legend>
      <select aria-label=${`${field.name}, variant`} value=${value.tag} onChange=${choose}>
        ${union.variants.map(({ tag }) => html`<option key=${tag} value=${tag}>${tag}</option>`)}
      </select>
      <${FieldInputs} fields=${variant?.fields ?? []} filled=${value.fields} unions=${unions} change=${(/** @type {Filled[]} */ inner) => set({ ...value, fields: inner })} wrong=${wrong} name=${name} />
    </fieldset>`;
  }
  const attributes = {
    name,
    value,
    'aria-invalid': wrong?.field === field.name ? 'true' : undefined,
    'aria-describedby': wrong?.field === field.name ? 'wrong' : undefined,
  };
  switch (inputOf(field.type, unions)) {
    case 'truth':
      return html`<label>${label}<select ...${attributes} onChange=${typed}><option>false</option><option>true</option></select></label>`;
    case 'line':
      return html`<label>${label}<input ...${attributes} inputmode=${field.type === 'Int' ? 'numeric' : undefined} autocomplete="off" spellcheck=${false} onInput=${typed} /></label>`;
    case 'text':
      return html`<label>${label}<textarea ...${attributes} rows="2" onInput=${typed}></textarea></label>`;
    default:
      return html`<label>${label} <span class="quiet">as JSON</span><textarea ...${attributes} rows="2" spellcheck=${false} placeholder="[1, 2]" onInput=${typed}></textarea></label>`;
  }
}
