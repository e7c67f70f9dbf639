import * as React from 'react';

import { useModel } from '../../parts/useModel';
import { DetailModel } from './model';

export interface DetailActions {
  failed: (error: unknown) => void;
}

export function DetailBody(props: { model: DetailModel; actions: DetailActions; onBack: () => void }): JSX.Element {
  const model = useModel(props.model);
  return <div className="nbt-detail">{model.run?.label}</div>;
}
