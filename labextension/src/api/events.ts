import { Event } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';

import { StoreEvent } from './types';

const SCHEMA = 'https://nbtrack.dev/events/store/v1';

/** The changes of stores as they come over Jupyter's events service. */
export class StoreEvents {
  constructor(manager: Event.IManager) {
    manager.stream.connect((_, emission) => {
      if (emission.schema_id === SCHEMA) {
        this._changed.emit(emission as unknown as StoreEvent);
      }
    });
  }

  get changed(): ISignal<this, StoreEvent> {
    return this._changed;
  }

  private readonly _changed = new Signal<this, StoreEvent>(this);
}
