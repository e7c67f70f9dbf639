import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DetailBody, DetailActions } from '../detail/body';
import { DetailModel } from '../detail/model';
import { RunsActions, RunsBody } from './body';
import { RunsModel } from './model';

/** The list of runs, and over it the one that was opened. */
export class RunsPanel extends ReactWidget {
  constructor(
    readonly model: RunsModel,
    private readonly actions: RunsActions,
    private readonly detailActions: DetailActions,
    private readonly makeDetail: () => DetailModel
  ) {
    super();
    this.addClass('nbt-panel');
  }

  /** The run shown over the list, or null. */
  get detail(): DetailModel | null {
    return this._detail;
  }

  showRun(id: string): void {
    if (this._detail === null) {
      this._detail = this.makeDetail();
    }
    void this._detail.show(this.model.store, id);
    this.update();
  }

  back(): void {
    this._detail?.dispose();
    this._detail = null;
    this.update();
    requestAnimationFrame(() => this.node.querySelector<HTMLElement>('.nbt-list')?.focus());
  }

  protected render(): JSX.Element {
    return (
      <>
        <div className="nbt-under" {...(this._detail === null ? {} : { inert: '' })}>
          <RunsBody model={this.model} actions={this.actions} />
        </div>
        {this._detail !== null && (
          <div className="nbt-over">
            <DetailBody model={this._detail} actions={this.detailActions} onBack={() => this.back()} />
          </div>
        )}
      </>
    );
  }

  override dispose(): void {
    this._detail?.dispose();
    this.model.dispose();
    super.dispose();
  }

  private _detail: DetailModel | null = null;
}
