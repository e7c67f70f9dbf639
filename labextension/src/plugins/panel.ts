import { ILabShell, ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';

import { Client } from '../api/client';
import { StoreEvents } from '../api/events';
import { Json } from '../api/types';
import { DetailModel } from '../panels/detail/model';
import { RunsPanel } from '../panels/runs';
import { Memory, RunsModel } from '../panels/runs/model';
import { CommandIDs, PLUGIN } from '../tokens';
import { runsIcon } from './icon';

/** The side panel. */
export const panel: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'The runs of your notebooks beside them.',
  autoStart: true,
  requires: [IStateDB],
  optional: [INotebookTracker, ILabShell, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    state: IStateDB,
    notebooks: INotebookTracker | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const client = new Client(app.serviceManager.serverSettings);
    const model = new RunsModel(client, memoryOf(state));
    const failed = (error: unknown): void => {
      Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 8000 });
    };
    const widget = new RunsPanel(
      model,
      {
        open: id => widget.showRun(id),
        compare: () => undefined,
        describeCell: () => null,
        goToCell: () => undefined,
        failed
      },
      { failed },
      () => new DetailModel(client)
    );
    widget.id = 'nbtrack-runs';
    widget.title.icon = runsIcon;
    widget.title.caption = 'Runs';
    app.shell.add(widget, labShell ? 'left' : 'right', { rank: 650, type: 'Runs' });
    restorer?.add(widget, widget.id);

    new StoreEvents(app.serviceManager.events).changed.connect((_, event) => {
      model.heed(event);
      widget.detail?.heed(event);
    });
    const follow = (): void => {
      const path = notebooks?.currentWidget?.context.path;
      void model.open(path === undefined ? null : app.serviceManager.contents.localPath(path));
    };
    notebooks?.currentChanged.connect(follow);
    void app.restored.then(follow);

    app.commands.addCommand(CommandIDs.show, {
      label: 'Show Runs',
      execute: () => app.shell.activateById(widget.id)
    });
    app.commands.addCommand(CommandIDs.refresh, {
      label: 'Refresh Runs',
      execute: () => model.ask()
    });
    palette?.addItem({ command: CommandIDs.show, category: 'Runs' });
    palette?.addItem({ command: CommandIDs.refresh, category: 'Runs' });
  }
};

function memoryOf(state: IStateDB): Memory {
  return {
    load: async name => (await state.fetch(`${PLUGIN}:${name}`)) as Json | undefined,
    save: (name, value) => void state.save(`${PLUGIN}:${name}`, value as never)
  };
}
