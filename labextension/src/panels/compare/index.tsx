import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CompareActions, CompareBody } from './body';
import { CompareModel } from './model';

/** A comparison in a tab. */
export class ComparePage extends ReactWidget {
  constructor(
    readonly model: CompareModel,
    private readonly actions: CompareActions
  ) {
    super();
    this.addClass('nbt-page');
    this.title.label = `Compare ${model.ids.length} runs`;
    this.title.closable = true;
    void model.load();
  }

  protected render(): JSX.Element {
    return <CompareBody model={this.model} actions={this.actions} />;
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }
}
