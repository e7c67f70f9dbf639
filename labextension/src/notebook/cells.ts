import { JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

/** Finds, shows and inserts cells of the notebooks that runs come from. */
export class Cells {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly tracker: INotebookTracker | null,
    /** Folder of the project, as Jupyter's contents have it, and the open notebook as its runs have it. */
    private readonly where: () => { location: string; notebook: string | null }
  ) {}

  /** The source of a cell in the open notebook; null where it is not open, undefined where it has no such cell. */
  source(cell: string, notebook: string): string | null | undefined {
    const panel = this.panelOf(notebook);
    if (panel === null || panel.content.model === null) {
      return null;
    }
    const at = indexOf(panel, cell);
    return at < 0 ? undefined : panel.content.model.cells.get(at).sharedModel.getSource();
  }

  /** The first line of a cell of the current notebook that says something. */
  firstLine(cell: string): string | null {
    const panel = this.tracker?.currentWidget ?? null;
    const at = panel === null ? -1 : indexOf(panel, cell);
    if (panel === null || at < 0 || panel.content.model === null) {
      return null;
    }
    const lines = panel.content.model.cells.get(at).sharedModel.getSource().split('\n');
    return lines.find(line => line.trim() !== '' && !/^\s*(import|from|#|%)/.test(line)) ?? lines[0] ?? null;
  }

  /**
   * Scrolls to a cell and makes it the active one, opening its notebook where need be. Throws with the reason where
   * there is no such notebook or cell.
   */
  async show(cell: string, notebook: string): Promise<void> {
    const panel = this.panelOf(notebook) ?? (await this.open(notebook));
    this.app.shell.activateById(panel.id);
    await panel.revealed;
    const at = indexOf(panel, cell);
    if (at < 0) {
      throw new Error('The cell is no longer in the notebook; its source is kept with the run.');
    }
    const widget = panel.content.widgets[at];
    if (!widget.isAttached) {
      // A notebook that was just opened attaches its cells as they come into view.
      widget.dataset.windowedListIndex = String(at);
      (panel.content.layout as unknown as { insertWidget(at: number, cell: unknown): void }).insertWidget(at, widget);
    }
    await widget.ready;
    panel.content.activeCellIndex = at;
    await panel.content.scrollToItem(at, 'smart');
    flash(widget.node);
  }

  /** Puts a code cell below the active one of the current notebook. */
  insert(source: string): void {
    const panel = this.tracker?.currentWidget ?? null;
    if (panel === null) {
      throw new Error('No notebook is open: open the one that shall have the model, and try again.');
    }
    NotebookActions.insertBelow(panel.content);
    panel.content.activeCell?.model.sharedModel.setSource(source);
    this.app.shell.activateById(panel.id);
    void panel.content.scrollToItem(panel.content.activeCellIndex, 'smart');
  }

  private panelOf(notebook: string): NotebookPanel | null {
    if (this.tracker === null) {
      return null;
    }
    const current = this.tracker.currentWidget;
    if (current !== null && (notebook === '' || notebook === this.where().notebook)) {
      return current;
    }
    const candidates = this.candidates(notebook);
    return this.tracker.find(panel => candidates.includes(this.local(panel))) ?? null;
  }

  private local(panel: NotebookPanel): string {
    return this.app.serviceManager.contents.localPath(panel.context.path);
  }

  private candidates(notebook: string): string[] {
    const project = PathExt.dirname(this.where().location);
    return [PathExt.join(project === '.' ? '' : project, notebook), notebook];
  }

  private async open(notebook: string): Promise<NotebookPanel> {
    for (const path of notebook === '' ? [] : this.candidates(notebook)) {
      try {
        await this.app.serviceManager.contents.get(path, { content: false });
      } catch {
        continue;
      }
      const panel = (await this.app.commands.execute('docmanager:open', { path })) as NotebookPanel | undefined;
      if (panel !== undefined) {
        await panel.context.ready;
        return panel;
      }
    }
    throw new Error(`The notebook ${notebook || 'of this run'} is not where it was; the cell's source is kept with the run.`);
  }
}

function indexOf(panel: NotebookPanel, cell: string): number {
  return panel.content.widgets.findIndex(widget => widget.model.id === cell);
}

function flash(node: HTMLElement): void {
  node.classList.add('nbt-flash');
  setTimeout(() => node.classList.remove('nbt-flash'), 1600);
}
