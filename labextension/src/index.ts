import { panel } from './plugins/panel';

export default [panel];
