import { Run } from '../../api/types';

/** What a run's page asks of JupyterLab. */
export interface DetailActions {
  failed: (error: unknown) => void;
  goToCell: (cell: string, notebook: string) => void;
  /** The source that a cell has now: null where its notebook is not open, undefined where the cell is gone. */
  sourceNow: (cell: string, notebook: string) => string | null | undefined;
  load: (run: Run) => void;
  exportRun: (run: Run) => void;
  reproduce: (run: Run) => void;
  register: (run: Run) => void;
  compareWith: (run: Run) => void;
  openTab: ((run: Run) => void) | null;
  copy: (text: string) => void;
  /** Sanitised. */
  renderMarkdown: (text: string) => Promise<HTMLElement>;
  /** Output of a cell with its colours; always as text. */
  renderOutput: (text: string, stream: 'stdout' | 'stderr') => Promise<HTMLElement>;
}
