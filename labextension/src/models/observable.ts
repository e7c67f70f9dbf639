import { ISignal, Signal } from '@lumino/signaling';

/** Something that says when it changed; `version` is a new number then. */
export class Observable {
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get version(): number {
    return this._version;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  protected touch(): void {
    if (!this._isDisposed) {
      this._version += 1;
      this._changed.emit();
    }
  }

  private _version = 0;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
