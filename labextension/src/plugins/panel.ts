import { ILabShell, ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, MainAreaWidget, Notification, WidgetTracker } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';

import { Client } from '../api/client';
import { StoreEvents } from '../api/events';
import { Json, Run, StoreEvent } from '../api/types';
import { DialogServices, showExport, showRegister, showReproduce } from '../dialogs';
import { Cells } from '../notebook/cells';
import { loadingCell } from '../notebook/loading';
import { ComparePage } from '../panels/compare';
import { CompareModel } from '../panels/compare/model';
import { DetailPage } from '../panels/detail';
import { DetailActions } from '../panels/detail/actions';
import { DetailModel } from '../panels/detail/model';
import { RunsPanel } from '../panels/runs';
import { Memory, Preferences, RunsModel } from '../panels/runs/model';
import { CommandIDs, PLUGIN } from '../tokens';
import { addCommands, Doer, failed } from './commands';
import { runsIcon } from './icon';
import { renderers } from './rendering';

/** The side panel, its pages and its commands. */
export const panel: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'The runs of your notebooks beside them: see, compare, export.',
  autoStart: true,
  requires: [IStateDB, IRenderMimeRegistry],
  optional: [INotebookTracker, ILabShell, ILayoutRestorer, ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    state: IStateDB,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null
  ) => {
    const client = new Client(app.serviceManager.serverSettings);
    const model = new RunsModel(client, memoryOf(state, app.serviceManager.serverSettings.baseUrl));
    const cells = new Cells(app, notebooks, () => ({ location: model.location, notebook: model.notebook }));
    const desk = new Desk(app, client, model, cells, rendermime, labShell);
    restorer?.add(desk.panel, desk.panel.id);
    void restorer?.restore(desk.pages, {
      command: CommandIDs.openTab,
      args: page => ({ run: (page.content as DetailPage).model.id }),
      name: page => (page.content as DetailPage).model.id
    });
    new StoreEvents(app.serviceManager.events).changed.connect((_, event) => desk.heed(event));
    addCommands(app, desk.doer, palette);

    const follow = (): void => {
      const path = notebooks?.currentWidget?.context.path;
      void model.open(path === undefined ? null : app.serviceManager.contents.localPath(path));
    };
    notebooks?.currentChanged.connect(follow);
    void app.restored.then(async () => {
      await followSettings(registry, model);
      follow();
    });
  }
};

/** What is on the desk: the panel, the tabs, and what can be done from them. */
class Desk {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly client: Client,
    private readonly model: RunsModel,
    private readonly cells: Cells,
    rendermime: IRenderMimeRegistry,
    private readonly labShell: ILabShell | null
  ) {
    this.actions = {
      failed,
      goToCell: (cell, notebook) => void cells.show(cell, notebook).catch(failed),
      sourceNow: (cell, notebook) => cells.source(cell, notebook),
      load: run => this.attempt(() => cells.insert(loadingCell(run))),
      exportRun: run => showExport(this.services, model.store, run),
      reproduce: run => showReproduce(this.services, model.store, run),
      register: run => showRegister(this.services, model.store, run),
      compareWith: run => this.compareWith(run),
      openTab: labShell === null ? null : run => this.openTab(run.id),
      copy,
      ...renderers(rendermime)
    };
    this.panel = new RunsPanel(
      model,
      {
        open: id => this.panel.showRun(id),
        compare: ids => this.compare(ids),
        describeCell: cell => cells.firstLine(cell),
        goToCell: (cell, notebook) => void cells.show(cell, notebook).catch(failed),
        failed,
        save
      },
      this.actions,
      () => new DetailModel(client)
    );
    this.panel.id = 'nbtrack-runs';
    this.panel.title.icon = runsIcon;
    this.panel.title.caption = 'Runs';
    this.panel.node.setAttribute('role', 'region');
    this.panel.node.setAttribute('aria-label', 'Runs');
    app.shell.add(this.panel, labShell ? 'left' : 'right', { rank: 650, type: 'Runs' });
  }

  readonly panel: RunsPanel;
  readonly pages = new WidgetTracker<MainAreaWidget>({ namespace: 'nbtrack-runs' });
  private readonly comparisons = new WidgetTracker<MainAreaWidget<ComparePage>>({ namespace: 'nbtrack-compare' });
  private readonly actions: DetailActions;

  heed(event: StoreEvent): void {
    this.model.heed(event);
    this.panel.detail?.heed(event);
    this.panel.comparison?.heed(event);
    this.pages.forEach(page => (page.content as DetailPage).model.heed(event));
    this.comparisons.forEach(page => page.content.model.heed(event));
  }

  get doer(): Doer {
    return {
      show: () => this.app.shell.activateById(this.panel.id),
      refresh: () => void this.model.ask(),
      open: id => {
        this.app.shell.activateById(this.panel.id);
        this.panel.showRun(id);
      },
      openTab: this.labShell === null ? null : id => this.openTab(id),
      compare: ids => this.compare(ids),
      star: async id => {
        const run = await this.client.run(this.model.store, id);
        await this.model.star(id, !run.starred);
      },
      goToCell: async run => {
        const { cell_id, path } = run.notebook;
        if (cell_id === null) {
          throw new Error(`${run.label} does not come from a cell of a notebook.`);
        }
        await this.cells.show(cell_id, path ?? '');
      },
      load: run => this.actions.load(run),
      exportRun: run => this.actions.exportRun(run),
      reproduce: run => this.actions.reproduce(run),
      register: run => this.actions.register(run),
      copyId: copy,
      current: () => this.panel.detail?.id ?? this.model.focused,
      selection: () => [...this.model.selection],
      fetch: id => this.client.run(this.model.store, id)
    };
  }

  private get services(): DialogServices {
    const openFolder = async (path: string): Promise<void> => {
      try {
        await this.app.commands.execute('filebrowser:go-to-path', { path, dontShowBrowser: false });
      } catch (error) {
        failed(error);
      }
    };
    return { api: this.client, copy, openFolder: path => void openFolder(path) };
  }

  private compare(ids: string[]): void {
    if (ids.length < 2) {
      Notification.info('Select two or more runs first: with the boxes at their left, or with the space bar.', { autoClose: 6000 });
      return;
    }
    const model = new CompareModel(this.client, this.model.store, ids);
    if (this.labShell === null) {
      this.panel.showComparison(model);
      this.app.shell.activateById(this.panel.id);
      return;
    }
    const content = new ComparePage(model, { open: id => this.panelRun(id), save, onBack: null });
    this.addPage(content, this.comparisons);
  }

  private compareWith(run: Run): void {
    const others = [...this.model.selection].filter(id => id !== run.id);
    if (others.length > 0) {
      this.compare([...others, run.id]);
      return;
    }
    this.model.select(run.id, 'only');
    this.panel.back();
    Notification.info(`${run.label} is selected: select the runs to compare it with, then Compare.`, { autoClose: 6000 });
  }

  private panelRun(id: string): void {
    this.app.shell.activateById(this.panel.id);
    this.panel.showRun(id);
  }

  private openTab(id: string): void {
    const known = this.pages.find(page => (page.content as DetailPage).model.id === id);
    if (known !== undefined) {
      this.app.shell.activateById(known.id);
      return;
    }
    const model = new DetailModel(this.client);
    const content = new DetailPage(model, this.actions);
    void model.show(this.model.store, id);
    this.addPage(content, this.pages);
  }

  private addPage(content: DetailPage | ComparePage, tracker: WidgetTracker<MainAreaWidget>): void {
    content.title.icon = runsIcon;
    content.title.closable = true;
    const page = new MainAreaWidget({ content: content as never });
    page.toolbar.hide();
    page.id = `nbtrack-page-${++this.count}`;
    this.app.shell.add(page, 'main');
    void tracker.add(page);
    this.app.shell.activateById(page.id);
  }

  private count = 0;

  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      failed(error);
    }
  }
}

function copy(text: string): void {
  Clipboard.copyToSystem(text);
  Notification.success('Copied.', { autoClose: 1500 });
}

/** A download: the server sends it as an attachment. */
function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = 'comparison.html';
  document.body.append(link);
  link.click();
  link.remove();
}

/**
 * In the browser and in the state of the workspace. The first is written at once, and other workspaces see it, as does
 * Jupyter Notebook, whose state ends with the page; the second is the server's, and found from another browser.
 */
function memoryOf(state: IStateDB, server: string): Memory {
  const place = (name: string): string => `${PLUGIN}:${server}:${name}`;
  return {
    load: async name => {
      const kept = attempt(() => JSON.parse(localStorage.getItem(place(name)) ?? 'null') as Json) ?? null;
      return kept ?? ((await state.fetch(`${PLUGIN}:${name}`)) as Json | undefined);
    },
    save: (name, value) => {
      attempt(() => localStorage.setItem(place(name), JSON.stringify(value)));
      void state.save(`${PLUGIN}:${name}`, value as never);
    }
  };
}

/** A browser may refuse to keep anything for a page, or have no room left. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

async function followSettings(registry: ISettingRegistry | null, model: RunsModel): Promise<void> {
  try {
    const settings = await registry?.load(PLUGIN);
    if (settings !== undefined) {
      await model.setDefaults(defaultsOf(settings));
      settings.changed.connect(() => void model.setDefaults(defaultsOf(settings)).catch(failed));
    }
  } catch (error) {
    console.warn('nbtrack: the settings were not read', error);
  }
}

function defaultsOf(settings: ISettingRegistry.ISettings): Partial<Preferences> {
  return {
    columns: settings.get('columns').composite as string[],
    grouped: settings.get('groupByCell').composite as boolean,
    sort: settings.get('order').composite as 'newest' | 'best'
  };
}
