import { LabIcon } from '@jupyterlab/ui-components';

/** Points on a rising curve: runs, and that they get better. */
export const runsIcon = new LabIcon({
  name: 'nbtrack:runs',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="20">
  <path class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" d="M4 19.5h16M5 15l4.5-4 4 2.5L19 6" style="fill:none"/>
  <g class="jp-icon3" fill="#616161"><circle cx="5" cy="15" r="2"/><circle cx="9.5" cy="11" r="2"/><circle cx="13.5" cy="13.5" r="2"/><circle cx="19" cy="6" r="2"/></g>
</svg>`
});
