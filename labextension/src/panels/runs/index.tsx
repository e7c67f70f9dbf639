import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CompareBody } from '../compare/body';
import { CompareModel } from '../compare/model';
import { DetailActions } from '../detail/actions';
import { DetailBody } from '../detail/body';
import { DetailModel } from '../detail/model';
import { RunsActions, RunsBody } from './body';
import { RunsModel } from './model';

/** The list of runs, and over it the run or the comparison that was opened. */
export class RunsPanel extends ReactWidget {
  constructor(
    readonly model: RunsModel,
    private readonly actions: RunsActions & { save: (url: string) => void },
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

  get comparison(): CompareModel | null {
    return this._comparison;
  }

  showRun(id: string): void {
    if (this._detail === null || this._detail.store !== this.model.store) {
      this._detail?.dispose();
      this._detail = this.makeDetail();
    }
    void this._detail.show(this.model.store, id);
    this.update();
  }

  /** The comparison in the panel itself, where the page has no other place for it. */
  showComparison(model: CompareModel): void {
    this._comparison?.dispose();
    this._comparison = model;
    void model.load();
    this.update();
  }

  /** To the list. */
  back(): void {
    if (this._detail !== null) {
      this._detail.dispose();
      this._detail = null;
    } else {
      this._comparison?.dispose();
      this._comparison = null;
    }
    this.update();
    const before = document.activeElement;
    requestAnimationFrame(() => {
      // Who has clicked into something else in the meantime stays there.
      if ([before, document.body].includes(document.activeElement)) {
        this.node.querySelector<HTMLElement>('.nbt-list')?.focus();
      }
    });
  }

  protected render(): JSX.Element {
    const covered = this._detail !== null || this._comparison !== null;
    const actions = { open: (id: string) => this.showRun(id), save: this.actions.save, onBack: () => this.back() };
    return (
      <>
        <div className="nbt-under" {...(covered ? { inert: '' } : {})}>
          <RunsBody model={this.model} actions={this.actions} />
        </div>
        {this._comparison !== null && (
          <div className="nbt-over">
            <CompareBody model={this._comparison} actions={actions} />
          </div>
        )}
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
    this._comparison?.dispose();
    this.model.dispose();
    super.dispose();
  }

  private _detail: DetailModel | null = null;
  private _comparison: CompareModel | null = null;
}
