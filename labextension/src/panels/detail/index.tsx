import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { DetailActions } from './actions';
import { DetailBody } from './body';
import { DetailModel } from './model';

/** A run in a tab of its own. */
export class DetailPage extends ReactWidget {
  constructor(
    readonly model: DetailModel,
    private readonly actions: DetailActions
  ) {
    super();
    this.addClass('nbt-page');
    model.changed.connect(() => {
      this.title.label = model.run?.label ?? 'Run';
    });
  }

  protected render(): JSX.Element {
    return <DetailBody model={this.model} actions={{ ...this.actions, openTab: null }} onBack={null} />;
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }
}
