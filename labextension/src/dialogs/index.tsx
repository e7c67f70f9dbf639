import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { problemOf } from '../api/errors';
import { Job, Run } from '../api/types';
import { Part } from '../models/part';
import { ExportBody, Preview } from './export';
import { JobApi, JobModel } from './job';
import { RegisterBody } from './register';
import { ReproduceBody } from './reproduce';

export interface DialogServices {
  api: JobApi;
  copy: (text: string) => void;
  openFolder: ((path: string) => void) | null;
}

/** A dialog with one way out; work goes on in the server when it is closed. */
function show(title: string, body: ReactWidget, model: JobModel): void {
  body.addClass('nbt-page');
  const dialog = new Dialog({ title, body, buttons: [Dialog.cancelButton({ label: 'Close' })], focusNodeSelector: '.nbt-primary' });
  dialog.addClass('nbt-modal');
  void dialog.launch().finally(() => model.dispose());
}

function jobOf(services: DialogServices, store: string, run: Run, kind: Job['kind']): JobModel {
  return new JobModel(services.api, store, run.id, kind);
}

export function showExport(services: DialogServices, store: string, run: Run): void {
  const model = jobOf(services, store, run, 'export');
  let preview: Part<Preview> = { state: 'loading' };
  const draw = (): JSX.Element => (
    <ExportBody model={model} label={run.label} preview={preview} onCopy={services.copy} onOpen={services.openFolder} />
  );
  const body = new (class extends ReactWidget {
    protected render(): JSX.Element {
      return draw();
    }
  })();
  services.api
    .preview(store, run.id)
    .then(
      value => (preview = { state: 'ready', value }),
      error => (preview = { state: 'failed', problem: problemOf(error) })
    )
    .finally(() => body.update());
  show('Export', body, model);
}

export function showReproduce(services: DialogServices, store: string, run: Run): void {
  const model = jobOf(services, store, run, 'reproduce');
  show('Reproduce', ReactWidget.create(<ReproduceBody model={model} run={run} />), model);
}

export function showRegister(services: DialogServices, store: string, run: Run): void {
  const model = jobOf(services, store, run, 'register');
  show('Register', ReactWidget.create(<RegisterBody model={model} run={run} />), model);
}
