import { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { Run } from '../api/types';
import { CommandIDs, ROW_SELECTOR, RUN_ATTRIBUTE } from '../tokens';
import { runsIcon } from './icon';

/** What the commands do, given the run they are about. */
export interface Doer {
  show: () => void;
  refresh: () => void;
  open: (id: string) => void;
  openTab: ((id: string) => void) | null;
  compare: (ids: string[]) => void;
  star: (id: string) => Promise<void>;
  goToCell: (run: Run) => Promise<void>;
  load: (run: Run) => void;
  exportRun: (run: Run) => void;
  reproduce: (run: Run) => void;
  register: (run: Run) => void;
  copyId: (id: string) => void;
  /** The run in front: the one that is open, else the one that has the focus in the list. */
  current: () => string | null;
  selection: () => string[];
  fetch: (id: string) => Promise<Run>;
}

export function failed(error: unknown): void {
  Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 8000 });
}

/** Commands take `run` as an argument; without it they are about the row under the menu, or the run in front. */
export function addCommands(app: JupyterFrontEnd, doer: Doer, palette: ICommandPalette | null): void {
  const hit = (): string | null =>
    app.contextMenuHitTest(node => node.hasAttribute(RUN_ATTRIBUTE))?.getAttribute(RUN_ATTRIBUTE) ?? null;
  const runOf = (args: ReadonlyPartialJSONObject): string | null =>
    typeof args.run === 'string' ? args.run : args.menu === true ? hit() : doer.current();
  const about = (
    command: string,
    label: string,
    caption: string,
    act: (id: string) => unknown,
    extra: { isVisible?: () => boolean } = {}
  ): void => {
    app.commands.addCommand(command, {
      label,
      caption,
      isEnabled: args => runOf(args) !== null,
      execute: async args => {
        const id = runOf(args);
        try {
          if (id !== null) {
            await act(id);
          }
        } catch (error) {
          failed(error);
        }
      },
      ...extra
    });
  };
  const whole = (act: (run: Run) => unknown) => async (id: string) => act(await doer.fetch(id));

  app.commands.addCommand(CommandIDs.show, { label: 'Show Runs', caption: 'Show the runs of this notebook', icon: runsIcon, execute: () => doer.show() });
  app.commands.addCommand(CommandIDs.refresh, { label: 'Refresh Runs', execute: () => doer.refresh() });
  app.commands.addCommand(CommandIDs.compare, {
    label: 'Compare Selected Runs',
    isEnabled: args => Array.isArray(args.runs) || doer.selection().length > 1,
    execute: args => doer.compare(Array.isArray(args.runs) ? args.runs.map(String) : doer.selection())
  });
  about(CommandIDs.open, 'Open Run', 'All about this run', id => doer.open(id));
  about(CommandIDs.openTab, 'Open Run in a Tab', 'All about this run, in the main area', id => doer.openTab?.(id), {
    isVisible: () => doer.openTab !== null
  });
  about(CommandIDs.star, 'Star Run', 'Star this run, or remove its star', id => doer.star(id));
  about(CommandIDs.goToCell, 'Go to Cell of Run', 'Show the cell that made this run', whole(run => doer.goToCell(run)));
  about(CommandIDs.load, 'Load Model in Notebook', 'Insert a cell that loads the model of this run', whole(run => doer.load(run)));
  about(CommandIDs.exportRun, 'Export Run…', 'A bundle that proves itself on another machine', whole(run => doer.exportRun(run)));
  about(CommandIDs.reproduce, 'Reproduce Run…', 'Run it again in a clean process, and judge', whole(run => doer.reproduce(run)));
  about(CommandIDs.register, 'Register Model of Run…', 'A name, a version and an alias', whole(run => doer.register(run)));
  about(CommandIDs.copyId, 'Copy Id of Run', 'For commands in a terminal', id => doer.copyId(id));

  const order = Object.values(CommandIDs);
  order.forEach(command => palette?.addItem({ command, category: 'Runs' }));
  order
    .filter(command => command !== CommandIDs.show && command !== CommandIDs.refresh)
    .forEach((command, rank) => app.contextMenu.addItem({ command, selector: ROW_SELECTOR, rank, args: { menu: true } }));
}
