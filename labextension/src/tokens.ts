/** Names that the parts of the extension and JupyterLab's other extensions share. */

/** Ids of the plugins; settings are kept under the first. */
export const PLUGIN = 'nbtrack:panel';

export const CommandIDs = {
  show: 'nbtrack:show',
  refresh: 'nbtrack:refresh',
  open: 'nbtrack:open-run',
  openTab: 'nbtrack:open-run-in-tab',
  compare: 'nbtrack:compare',
  star: 'nbtrack:star',
  goToCell: 'nbtrack:go-to-cell',
  load: 'nbtrack:load-in-notebook',
  exportRun: 'nbtrack:export',
  reproduce: 'nbtrack:reproduce',
  register: 'nbtrack:register',
  copyId: 'nbtrack:copy-id'
} as const;

/** Places where a run's row may stand: a context menu finds the run by this attribute. */
export const RUN_ATTRIBUTE = 'data-nbtrack-run';
export const ROW_SELECTOR = `[${RUN_ATTRIBUTE}]`;
