// The requests of clients to a supervisor, with the answers of OTP's supervisor.
import { type Data, List, SeqMap, sym } from '../../base/value.ts';
import type { SupervisorGroups } from './supervisor-groups.ts';
import type { Refusal, Request } from './supervisor-message.ts';
import {
  type ChildSpec,
  childData,
  childProblem,
  type SupervisorSpec,
  specProblem,
} from './supervisor-spec.ts';
import type { Child, SupervisorState } from './supervisor-state.ts';

type ChildRequest = Request & { readonly op: 'restart' | 'terminate' | 'delete' | 'remove' };

const isSamePlace = (one: ChildSpec, other: ChildSpec): boolean =>
  one.path === other.path && one.mode === other.mode && one.type === other.type;

export class SupervisorRequests {
  readonly #state: SupervisorState;
  readonly #groups: SupervisorGroups;

  constructor(state: SupervisorState, groups: SupervisorGroups) {
    this.#state = state;
    this.#groups = groups;
  }

  onlyReads({ op }: Request): boolean {
    return op === 'children' || op === 'count' || op === 'spec';
  }

  /** The child that the request concerns; undefined for none, or one that gets its id only now. */
  childOf(request: Request): string | undefined {
    if (request.op === 'add') return request.spec.id;
    if (request.op === 'add-instance') return request.id;
    return 'child' in request ? request.child : undefined;
  }

  handle(from: string, request: Request): void {
    const { phase, template } = this.#state;
    if (!this.onlyReads(request) && (phase === 'stopping' || phase === 'ended'))
      return this.#refuse(from, 'supervisor-ended', 'The supervisor is stopping, or has ended.');
    switch (request.op) {
      case 'children':
        return this.#groups.reply(from, {
          ok: List.of(this.#state.children().map((each) => this.#row(each))),
        });
      case 'count':
        return this.#groups.reply(from, { ok: this.#counts() });
      case 'spec': {
        const { child } = request;
        const spec = template?.id === child ? template : this.#state.child(child)?.spec;
        if (spec === undefined) return this.#refuseMissing(from, child);
        return this.#groups.reply(from, { ok: childData(spec) });
      }
      case 'add':
        if (template !== undefined) return this.#refuseSimple(from, 'takes no child specifications');
        return this.#add(from, request.spec);
      case 'configure':
        return this.#configure(from, request.supervisor);
      case 'add-instance':
        return this.#addInstance(from, request.id, request.args);
      default:
        this.#change(from, request as ChildRequest);
    }
  }

  // ── Add ──

  #add(from: string, spec: ChildSpec): void {
    const known = this.#state.child(spec.id);
    if (known !== undefined) {
      const [refusal, what] =
        known.status === 'running'
          ? (['already-started', 'runs'] as const)
          : (['already-present', 'is known'] as const);
      return this.#refuse(from, refusal, `A child ${spec.id} ${what} already.`);
    }
    const problem = childProblem(spec, this.#state.flags) ?? this.#pathProblem(spec);
    if (problem !== undefined) return this.#refuse(from, 'bad-child', problem);
    this.#groups.start(this.#groups.enter(spec), { kind: 'add', from });
  }

  #pathProblem(spec: ChildSpec): string | undefined {
    if (spec.path === undefined) return undefined;
    const other = this.#state.children().find((each) => this.#state.pathOf(each.spec) === spec.path);
    return other && `The child ${other.spec.id} has the path ${spec.path}.`;
  }

  #addInstance(from: string, given: string | undefined, args: readonly Data[]): void {
    const { template, added } = this.#state;
    if (template === undefined)
      return this.#refuse(from, 'bad-child', 'Only a simple-one-for-one supervisor starts instances.');
    let number = added + 1;
    while (this.#state.child(String(number)) !== undefined) number++;
    const id = given ?? String(number);
    if (!('code' in template.program)) {
      if (args.length > 0) return this.#refuse(from, 'bad-child', 'A supervisor takes no arguments.');
      return this.#add(from, { ...template, id, path: undefined });
    }
    const { code } = template.program;
    const program = { code: { ...code, captured: [...code.captured, ...args] } };
    this.#add(from, { ...template, id, path: undefined, program });
  }

  // ── Configure ──

  /**
   * As OTP's code_change: children that run go on, and their next end is handled by the new specification.
   * Children that are not named come last, as they are; who is not known is not started.
   */
  #configure(from: string, { children, ...flags }: SupervisorSpec): void {
    const state = this.#state;
    const isSimple = flags.strategy === 'simple-one-for-one';
    if (isSimple !== (state.template !== undefined))
      return this.#refuseSimple(from, 'cannot become another, nor another one such');
    if (isSimple) {
      state.flags = flags;
      state.template = children[0];
      return this.#groups.reply(from, { ok: true });
    }
    const known = state.children();
    const named = children.flatMap((spec) => {
      const child = known.find((each) => each.spec.id === spec.id);
      return child === undefined ? [] : [{ child, spec }];
    });
    const moved = named.find(({ child, spec }) => !isSamePlace(child.spec, spec));
    if (moved !== undefined) {
      const message = `The child ${moved.spec.id} cannot get another path, mode or type while it is known.`;
      return this.#refuse(from, 'bad-child', message);
    }
    const others = known.filter((child) => !named.some((each) => each.child === child));
    const after = [...named, ...others.map((child) => ({ child, spec: child.spec }))];
    const problem = specProblem({ ...flags, children: after.map(({ spec }) => spec) });
    if (problem !== undefined) return this.#refuse(from, 'bad-child', problem);
    state.flags = flags;
    after.forEach(({ child, spec }, order) => {
      state.put({ ...child, spec, order });
    });
    this.#groups.reply(from, { ok: true });
  }

  // ── Change ──

  #change(from: string, { op, child: id }: ChildRequest): void {
    const { template } = this.#state;
    if (template !== undefined && (op === 'restart' || op === 'delete' || id === template.id))
      return this.#refuseSimple(from, `has only instances, which are terminated by their own ids`);
    const child = this.#state.child(id);
    if (child === undefined) return this.#refuseMissing(from, id);
    if (op === 'terminate' || op === 'remove') return this.#terminate(from, child, op);
    if (child.status === 'running') return this.#refuse(from, 'running', `The child ${id} runs.`);
    if (child.status === 'restarting')
      return this.#refuse(from, 'restarting', `The child ${id} is about to be restarted.`);
    if (op === 'restart') return this.#groups.start(child, { kind: 'again', from });
    this.#groups.leaveStopped(child);
    this.#state.remove(id);
    this.#groups.reply(from, { ok: true });
  }

  #terminate(from: string, child: Child, op: 'terminate' | 'remove'): void {
    if (child.status === 'running') return this.#groups.stop(child, { kind: op, from });
    this.#groups.leaveStopped(child);
    if (op === 'remove') this.#state.remove(child.spec.id);
    this.#groups.reply(from, { ok: true });
  }

  // ── Answers ──

  #row({ spec, status }: Child): SeqMap {
    return SeqMap.from<Data>([
      ['id', spec.id],
      ['path', this.#state.pathOf(spec)],
      ['status', sym(status)],
      ['type', sym(spec.type)],
    ]);
  }

  #counts(): SeqMap {
    const { template, size } = this.#state;
    const children = this.#state.children();
    const count = (test: (child: Child) => boolean) => children.filter(test).length;
    return SeqMap.from<Data>([
      ['specs', template === undefined ? size : 1],
      ['active', count(({ status }) => status === 'running')],
      ['supervisors', count(({ spec }) => spec.type === 'supervisor')],
      ['workers', count(({ spec }) => spec.type === 'worker')],
    ]);
  }

  #refuseMissing(from: string, id: string): void {
    this.#refuse(from, 'not-found', `The supervisor has no child ${id}.`);
  }

  #refuseSimple(from: string, text: string): void {
    this.#refuse(from, 'simple-one-for-one', `A simple-one-for-one supervisor ${text}.`);
  }

  #refuse(to: string, refused: Refusal, message: string): void {
    this.#groups.reply(to, { refused, message });
  }
}
