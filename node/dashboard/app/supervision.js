// A tree of supervisors, read actor by actor.

/** @import { ActorView, Child, Supervision } from './api-types.d.ts' */

/**
 * @typedef {{
 *   path: string, label: string, type: 'worker' | 'supervisor', status: string, restart: string,
 *   supervisor: Supervision | undefined, children: Branch[], hidden: number,
 * }} Branch
 */

const CHILDREN_MAX = 100;
const SUPERVISORS_MAX = 60;
const ANCESTORS_MAX = 30;

/**
 * The whole tree, from the highest supervisor above `path`. What cannot be read is shown as its supervisor sees it.
 * @param {string} path
 * @param {(path: string) => Promise<ActorView>} inspect
 * @returns {Promise<Branch>}
 */
export async function readTree(path, inspect) {
  let root = await inspect(path);
  for (let up = 0; root.supervisor !== null && up < ANCESTORS_MAX; up++)
    root = await inspect(root.supervisor);
  let left = SUPERVISORS_MAX;
  /**
   * @param {ActorView} actor
   * @param {Child | undefined} child
   * @returns {Promise<Branch>}
   */
  const grow = async (actor, child) => {
    const supervises = actor.supervises ?? undefined;
    const shown = (supervises?.children ?? []).slice(0, CHILDREN_MAX);
    const children = await Promise.all(
      shown.map(async (each) => {
        if (each.type !== 'supervisor' || left-- <= 0) return leaf(each);
        try {
          return await grow(await inspect(each.path), each);
        } catch {
          return leaf(each);
        }
      }),
    );
    return {
      path: actor.path,
      label: child?.id ?? actor.path,
      type: supervises === undefined ? 'worker' : 'supervisor',
      status: child?.status ?? actor.lifecycle,
      restart: child?.restart ?? '',
      supervisor: supervises,
      children,
      hidden: (supervises?.size ?? 0) - children.length,
    };
  };
  return grow(root, undefined);
}

/**
 * @param {Child} child
 * @returns {Branch}
 */
const leaf = ({ path, id, type, status, restart }) => ({
  path,
  label: id,
  type,
  status,
  restart,
  supervisor: undefined,
  children: [],
  hidden: 0,
});
