"use strict";(self.rspackChunknbtrack=self.rspackChunknbtrack||[]).push([[1],{21(t,n,o){var r=o(22),e=o.n(r),a=o(23),i=(o.n(a))()(e());i.push([t.id,`/* Everything is drawn with JupyterLab's variables, so that light, dark and high-contrast themes fit. */

.nbt-panel,
.nbt-page {
  --nbt-accent: var(--jp-brand-color1);
  --nbt-good: var(--jp-success-color1, #2e7d32);
  --nbt-warn: var(--jp-warn-color1, #ef6c00);
  --nbt-bad: var(--jp-error-color1, #c62828);
  --nbt-line: var(--jp-border-color2);
  --nbt-soft: var(--jp-layout-color2);
  --nbt-gap: 8px;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.35;
}

.nbt-panel {
  position: relative;
  min-width: 220px;
  overflow: hidden;
}

.nbt-under,
.nbt-over {
  position: absolute;
  inset: 0;
  display: flex;
  flex-direction: column;
}

.nbt-over {
  background: var(--jp-layout-color1);
}

.nbt-runs {
  position: relative;
  display: flex;
  flex: 1;
  flex-direction: column;
  min-height: 0;
}

.nbt-muted {
  color: var(--jp-ui-font-color2);
}

.nbt-grow {
  flex: 1;
  min-width: 0;
}

.nbt-cut {
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-line {
  display: flex;
  align-items: center;
  gap: 4px;
  min-width: 0;
}

.nbt-icon {
  flex: none;
  fill: none;
  stroke: currentcolor;
  stroke-linecap: round;
  stroke-linejoin: round;
  stroke-width: 1.4;
}

.nbt-icon.nbt-filled {
  fill: currentcolor;
}

/* Buttons and fields */

.nbt-button {
  display: inline-flex;
  flex: none;
  align-items: center;
  justify-content: center;
  gap: 4px;
  width: 24px;
  height: 24px;
  padding: 0;
  border: 0;
  border-radius: 4px;
  background: transparent;
  color: var(--jp-ui-font-color2);
  cursor: pointer;
  font: inherit;
}

.nbt-button.nbt-with-text {
  width: auto;
  padding: 0 6px;
}

.nbt-button:hover:not(:disabled) {
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color1);
}

.nbt-button[aria-pressed='true'] {
  background: color-mix(in srgb, var(--nbt-accent) 16%, transparent);
  color: var(--nbt-accent);
}

.nbt-button:disabled {
  opacity: 0.35;
  cursor: default;
}

.nbt-action {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 5px;
  height: 26px;
  padding: 0 10px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 4px;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  cursor: pointer;
  font: inherit;
}

.nbt-action:hover:not(:disabled) {
  background: var(--jp-layout-color2);
}

.nbt-action.nbt-primary {
  border-color: var(--nbt-accent);
  background: var(--nbt-accent);
  color: var(--jp-ui-inverse-font-color1, #fff);
}

.nbt-action:disabled {
  opacity: 0.45;
  cursor: default;
}

.nbt-panel :is(button, select, input, textarea, summary, .nbt-list, a):focus-visible,
.nbt-page :is(button, select, input, textarea, summary, a):focus-visible {
  outline: 2px solid var(--nbt-accent);
  outline-offset: -1px;
}

.nbt-select,
.nbt-input,
.nbt-text {
  height: 26px;
  min-width: 0;
  padding: 0 6px;
  border: 1px solid var(--nbt-line);
  border-radius: 4px;
  background: var(--jp-input-background, var(--jp-layout-color1));
  color: var(--jp-ui-font-color1);
  font: inherit;
}

.nbt-select {
  padding-right: 2px;
  text-overflow: ellipsis;
}

.nbt-select:hover {
  border-color: var(--jp-border-color1);
}

.nbt-text {
  width: 100%;
  height: auto;
  min-height: 80px;
  padding: 6px;
  box-sizing: border-box;
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
  resize: vertical;
}

/* Head and query */

.nbt-head {
  display: flex;
  flex-direction: column;
  gap: 5px;
  padding: 8px 8px 5px;
}

.nbt-scope {
  font-weight: 600;
}

.nbt-wide .nbt-head {
  flex-direction: row;
}

.nbt-wide .nbt-head > .nbt-line {
  flex: 1;
}

.nbt-query {
  position: relative;
  padding: 0 8px 4px;
}

.nbt-query-field {
  display: flex;
  align-items: center;
  gap: 4px;
  height: 28px;
  padding-left: 6px;
  border: 1px solid var(--nbt-line);
  border-radius: 4px;
  background: var(--jp-input-background, var(--jp-layout-color1));
  color: var(--jp-ui-font-color2);
}

.nbt-query-field:focus-within {
  border-color: var(--nbt-accent);
  box-shadow: 0 0 0 1px var(--nbt-accent);
}

.nbt-query-field.nbt-invalid {
  border-color: var(--nbt-bad);
}

.nbt-query-input {
  flex: 1;
  min-width: 0;
  border: 0;
  outline: 0 !important;
  background: transparent;
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  font-size: 12px;
}

.nbt-query-input::placeholder {
  color: var(--jp-ui-font-color3);
}

.nbt-query-error {
  display: flex;
  flex-direction: column;
  gap: 2px;
  padding: 5px 2px 2px;
  color: var(--nbt-bad);
  font-size: 12px;
}

.nbt-query-error code {
  overflow: hidden;
  font-family: var(--jp-code-font-family);
  text-overflow: ellipsis;
  white-space: pre;
}

.nbt-query-error mark {
  background: color-mix(in srgb, var(--nbt-bad) 22%, transparent);
  color: inherit;
  text-decoration: underline wavy;
}

.nbt-suggestions {
  position: absolute;
  z-index: 20;
  right: 8px;
  left: 8px;
  max-height: 260px;
  margin: 2px 0 0;
  padding: 4px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 4px;
  background: var(--jp-layout-color1);
  box-shadow: var(--jp-elevation-z4);
  list-style: none;
  overflow-y: auto;
}

.nbt-suggestions li {
  display: flex;
  align-items: baseline;
  gap: 6px;
  padding: 3px 6px;
  border-radius: 3px;
  cursor: pointer;
}

.nbt-suggestions li:hover,
.nbt-suggestions li.nbt-active {
  background: color-mix(in srgb, var(--nbt-accent) 15%, transparent);
}

.nbt-suggestion-text {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  font-family: var(--jp-code-font-family);
  font-size: 12px;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-kind {
  width: 46px;
  color: var(--jp-ui-font-color2);
  font-size: 10px;
  letter-spacing: 0.03em;
}

.nbt-kind-metric {
  color: var(--nbt-accent);
}

.nbt-kind-param {
  color: var(--nbt-good);
}

.nbt-count {
  min-height: 16px;
  padding: 0 10px 4px;
  font-size: 11px;
}

.nbt-running {
  color: var(--nbt-accent);
  font-weight: 600;
}

.nbt-popover {
  position: absolute;
  z-index: 30;
  top: 38px;
  right: 8px;
  display: flex;
  flex-direction: column;
  gap: 4px;
  width: min(280px, calc(100% - 16px));
  max-height: calc(100% - 60px);
  padding: 8px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 6px;
  background: var(--jp-layout-color1);
  box-shadow: var(--jp-elevation-z8);
  box-sizing: border-box;
}

.nbt-choices {
  margin: 0;
  padding: 0;
  list-style: none;
  overflow-y: auto;
}

.nbt-choices button {
  display: flex;
  align-items: center;
  gap: 6px;
  width: 100%;
  padding: 3px 4px;
  border: 0;
  border-radius: 3px;
  background: transparent;
  color: inherit;
  cursor: pointer;
  font: inherit;
  text-align: left;
}

.nbt-choices button:hover {
  background: var(--jp-layout-color2);
}

.nbt-choices .nbt-cut {
  flex: 1;
}

/* The list */

.nbt-list {
  flex: 1;
  min-height: 0;
  border-top: 1px solid var(--nbt-line);
  outline: 0;
  overflow: auto;
  overflow-anchor: none;
}

.nbt-sizer {
  position: relative;
  width: 100%;
}

.nbt-row {
  position: absolute;
  top: 0;
  left: 0;
  display: flex;
  align-items: center;
  gap: 8px;
  width: 100%;
  padding: 0 10px 0 6px;
  border-bottom: 1px solid color-mix(in srgb, var(--nbt-line) 55%, transparent);
  box-sizing: border-box;
  cursor: pointer;
}

.nbt-row:hover {
  background: color-mix(in srgb, var(--jp-layout-color2) 70%, transparent);
}

.nbt-row.nbt-selected {
  background: color-mix(in srgb, var(--nbt-accent) 12%, transparent);
}

.nbt-list:focus-visible .nbt-row.nbt-focused,
.nbt-list:focus .nbt-row.nbt-focused {
  box-shadow: inset 3px 0 0 var(--nbt-accent);
}

.nbt-row.nbt-loading::after {
  width: 55%;
  height: 10px;
  margin-left: 26px;
  border-radius: 5px;
  background: var(--jp-layout-color2);
  content: '';
}

.nbt-row.nbt-group {
  gap: 4px;
  background: var(--jp-layout-color2);
  cursor: default;
  font-size: 12px;
}

.nbt-group code {
  font-family: var(--jp-code-font-family);
  font-size: 11px;
}

.nbt-fold {
  width: 20px;
  height: 24px;
  padding: 0;
  border: 0;
  background: transparent;
  color: inherit;
  cursor: pointer;
}

.nbt-check {
  display: grid;
  flex: none;
  width: 22px;
  height: 100%;
  place-items: center;
}

.nbt-check > * {
  grid-area: 1 / 1;
}

.nbt-dot {
  width: 8px;
  height: 8px;
  border-radius: 50%;
  background: var(--jp-border-color1);
}

.nbt-state-complete {
  background: color-mix(in srgb, var(--nbt-good) 75%, transparent);
}

.nbt-state-failed {
  background: var(--nbt-bad);
}

.nbt-state-canceled {
  background: var(--nbt-warn);
}

.nbt-state-running {
  animation: nbt-pulse 1.4s ease-in-out infinite;
  background: var(--nbt-accent);
}

@keyframes nbt-pulse {
  50% {
    opacity: 0.25;
  }
}

@media (prefers-reduced-motion: reduce) {
  .nbt-state-running {
    animation: none;
  }
}

.nbt-box {
  display: none;
  width: 14px;
  height: 14px;
  border: 1.5px solid var(--jp-border-color0, var(--jp-ui-font-color2));
  border-radius: 3px;
  background: var(--jp-layout-color1);
}

.nbt-box .nbt-icon {
  width: 14px;
  height: 14px;
  color: var(--jp-ui-inverse-font-color1, #fff);
  stroke-width: 2;
}

.nbt-box.nbt-on {
  border-color: var(--nbt-accent);
  background: var(--nbt-accent);
}

.nbt-row:hover .nbt-box,
.nbt-row.nbt-focused .nbt-box,
.nbt-box.nbt-on {
  display: block;
}

.nbt-row:hover .nbt-dot,
.nbt-row.nbt-focused .nbt-dot,
.nbt-row.nbt-selected .nbt-dot {
  display: none;
}

.nbt-card {
  flex: 1;
  min-width: 0;
}

.nbt-label {
  min-width: 0;
  overflow: hidden;
  font-weight: 600;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-name {
  color: var(--jp-ui-font-color2);
  font-weight: 400;
}

.nbt-second,
.nbt-third {
  height: 18px;
  overflow: hidden;
  font-size: 11px;
}

.nbt-third {
  gap: 10px;
}

.nbt-pair {
  flex: 0 1 auto;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-star {
  flex: none;
  width: 18px;
  height: 18px;
  padding: 0;
  border: 0;
  background: transparent;
  color: var(--jp-ui-font-color3);
  cursor: pointer;
  opacity: 0;
}

.nbt-star .nbt-icon {
  width: 13px;
  height: 13px;
}

.nbt-row:hover .nbt-star,
.nbt-star:focus-visible,
.nbt-star.nbt-on {
  opacity: 1;
}

.nbt-star.nbt-on {
  color: #e0a100;
}

.nbt-chip {
  display: inline-block;
  flex: none;
  max-width: 110px;
  padding: 0 5px;
  border-radius: 7px;
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color1);
  font-size: 10px;
  line-height: 14px;
  overflow: hidden;
  text-overflow: ellipsis;
  vertical-align: middle;
  white-space: nowrap;
}

.nbt-selected .nbt-chip.nbt-plain {
  background: var(--jp-layout-color1);
}

.nbt-chip.nbt-good {
  background: color-mix(in srgb, var(--nbt-good) 18%, transparent);
  color: color-mix(in srgb, var(--nbt-good) 70%, var(--jp-ui-font-color1));
}

.nbt-chip.nbt-warn {
  background: color-mix(in srgb, var(--nbt-warn) 20%, transparent);
  color: color-mix(in srgb, var(--nbt-warn) 60%, var(--jp-ui-font-color1));
}

.nbt-chip.nbt-bad {
  background: color-mix(in srgb, var(--nbt-bad) 16%, transparent);
  color: color-mix(in srgb, var(--nbt-bad) 75%, var(--jp-ui-font-color1));
}

.nbt-chip.nbt-live {
  background: color-mix(in srgb, var(--nbt-accent) 18%, transparent);
  color: color-mix(in srgb, var(--nbt-accent) 75%, var(--jp-ui-font-color1));
}

.nbt-note-mark {
  display: inline-flex;
  color: var(--nbt-warn);
}

.nbt-note-mark .nbt-icon {
  width: 12px;
  height: 12px;
}

.nbt-has-note {
  color: var(--jp-ui-font-color2);
}

.nbt-spark {
  flex: none;
  overflow: visible;
}

.nbt-spark path {
  fill: none;
  stroke: var(--nbt-accent);
  stroke-linejoin: round;
  stroke-width: 1.4;
}

.nbt-spark circle {
  fill: var(--nbt-accent);
}

.nbt-score {
  flex: none;
  width: 84px;
}

.nbt-score .nbt-line {
  justify-content: flex-end;
}

.nbt-value {
  font-variant-numeric: tabular-nums;
  font-weight: 600;
}

.nbt-rank {
  color: var(--jp-ui-font-color2);
  font-size: 10px;
}

.nbt-rank.nbt-best {
  color: #e0a100;
}

.nbt-bar {
  height: 3px;
  margin-top: 3px;
  border-radius: 2px;
  background: color-mix(in srgb, var(--nbt-accent) 12%, transparent);
  overflow: hidden;
}

.nbt-bar span {
  display: block;
  height: 100%;
  border-radius: 2px;
  background: color-mix(in srgb, var(--nbt-accent) 55%, transparent);
}

.nbt-bar span.nbt-best {
  background: var(--nbt-accent);
}

.nbt-selection {
  display: flex;
  align-items: center;
  gap: 6px;
  padding: 6px 8px 6px 12px;
  border-top: 1px solid var(--nbt-line);
  background: var(--jp-layout-color2);
}

/* The list as a table, where there is room */

.nbt-wide .nbt-row:not(.nbt-group, .nbt-loading),
.nbt-table-head {
  display: grid;
  gap: 10px;
  align-items: center;
}

.nbt-table-head {
  padding: 0 10px 0 6px;
  border-top: 1px solid var(--nbt-line);
  color: var(--jp-ui-font-color2);
  font-size: 11px;
}

.nbt-table-head button {
  display: flex;
  align-items: center;
  height: 24px;
  padding: 0;
  border: 0;
  background: transparent;
  color: inherit;
  cursor: pointer;
  font: inherit;
  overflow: hidden;
}

.nbt-table-head button:hover {
  color: var(--jp-ui-font-color1);
}

.nbt-table-head .nbt-icon {
  width: 12px;
  height: 12px;
}

.nbt-table-head :is(.nbt-cell-score, .nbt-cell-value, .nbt-cell-time, .nbt-cell-took) {
  justify-content: flex-end;
}

.nbt-wide .nbt-score {
  display: grid;
  grid-template-columns: 1fr 50px;
  align-items: center;
  gap: 6px;
  width: auto;
}

.nbt-wide .nbt-bar {
  margin: 0;
  height: 5px;
}

.nbt-cell {
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-cell-label {
  display: flex;
  align-items: center;
  gap: 4px;
}

.nbt-row :is(.nbt-cell-value, .nbt-cell-time, .nbt-cell-took) {
  font-variant-numeric: tabular-nums;
  text-align: right;
}

/* Messages */

.nbt-problem {
  margin: 8px;
  padding: 8px 10px;
  border-left: 3px solid var(--nbt-bad);
  border-radius: 3px;
  background: color-mix(in srgb, var(--nbt-bad) 8%, transparent);
  overflow-wrap: anywhere;
}

.nbt-problem p {
  margin: 0 0 6px;
}

.nbt-empty {
  padding: 28px 20px;
  color: var(--jp-ui-font-color2);
  text-align: center;
}

.nbt-empty-title {
  color: var(--jp-ui-font-color1);
  font-size: 15px;
  font-weight: 600;
}

.nbt-empty pre {
  display: inline-block;
  margin: 6px 0;
  padding: 6px 12px;
  border-radius: 4px;
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  user-select: all;
}
`,""]),o.d(n,{},{A:i})},23(t){t.exports=function(t){var n=[];return n.toString=function(){return this.map(function(n){var o="",r=void 0!==n[5];return n[4]&&(o+="@supports (".concat(n[4],") {")),n[2]&&(o+="@media ".concat(n[2]," {")),r&&(o+="@layer".concat(n[5].length>0?" ".concat(n[5]):""," {")),o+=t(n),r&&(o+="}"),n[2]&&(o+="}"),n[4]&&(o+="}"),o}).join("")},n.i=function(t,o,r,e,a){"string"==typeof t&&(t=[[null,t,void 0]]);var i={};if(r)for(var l=0;l<this.length;l++){var c=this[l][0];null!=c&&(i[c]=!0)}for(var p=0;p<t.length;p++){var b=[].concat(t[p]);r&&i[b[0]]||(void 0!==a&&(void 0===b[5]||(b[1]="@layer".concat(b[5].length>0?" ".concat(b[5]):""," {").concat(b[1],"}")),b[5]=a),o&&(b[2]&&(b[1]="@media ".concat(b[2]," {").concat(b[1],"}")),b[2]=o),e&&(b[4]?(b[1]="@supports (".concat(b[4],") {").concat(b[1],"}"),b[4]=e):b[4]="".concat(e)),n.push(b))}},n}},22(t){t.exports=function(t){return t[1]}},15(t){var n=[];function o(t){for(var o=-1,r=0;r<n.length;r++)if(n[r].identifier===t){o=r;break}return o}function r(t,r){for(var e={},a=[],i=0;i<t.length;i++){var l=t[i],c=r.base?l[0]+r.base:l[0],p=e[c]||0,b="".concat(c," ").concat(p);e[c]=p+1;var d=o(b),s={css:l[1],media:l[2],sourceMap:l[3],supports:l[4],layer:l[5]};if(-1!==d)n[d].references++,n[d].updater(s);else{var u=function(t,n){var o=n.domAPI(n);return o.update(t),function(n){n?(n.css!==t.css||n.media!==t.media||n.sourceMap!==t.sourceMap||n.supports!==t.supports||n.layer!==t.layer)&&o.update(t=n):o.remove()}}(s,r);r.byIndex=i,n.splice(i,0,{identifier:b,updater:u,references:1})}a.push(b)}return a}t.exports=function(t,e){var a=r(t=t||[],e=e||{});return function(t){t=t||[];for(var i=0;i<a.length;i++){var l=o(a[i]);n[l].references--}for(var c=r(t,e),p=0;p<a.length;p++){var b=o(a[p]);0===n[b].references&&(n[b].updater(),n.splice(b,1))}a=c}}},17(t){var n={};t.exports=function(t,o){var r=function(t){if(void 0===n[t]){var o=document.querySelector(t);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(t){o=null}n[t]=o}return n[t]}(t);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(o)}},19(t){t.exports=function(t){var n=document.createElement("style");return t.setAttributes(n,t.attributes),t.insert(n,t.options),n}},18(t,n,o){t.exports=function(t){var n=o.nc;n&&t.setAttribute("nonce",n)}},16(t){t.exports=function(t){if("u"<typeof document)return{update:function(){},remove:function(){}};var n=t.insertStyleElement(t);return{update:function(o){var r,e,a;r="",o.supports&&(r+="@supports (".concat(o.supports,") {")),o.media&&(r+="@media ".concat(o.media," {")),(e=void 0!==o.layer)&&(r+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),r+=o.css,e&&(r+="}"),o.media&&(r+="}"),o.supports&&(r+="}"),(a=o.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),t.styleTagTransform(r,n,t.options)},remove:function(){var t;null===(t=n).parentNode||t.parentNode.removeChild(t)}}}},20(t){t.exports=function(t,n){if(n.styleSheet)n.styleSheet.cssText=t;else{for(;n.firstChild;)n.removeChild(n.firstChild);n.appendChild(document.createTextNode(t))}}},14(t,n,o){var r=o(15),e=o.n(r),a=o(16),i=o.n(a),l=o(17),c=o.n(l),p=o(18),b=o.n(p),d=o(19),s=o.n(d),u=o(20),f=o.n(u),x=o(21),g={};g.styleTagTransform=f(),g.setAttributes=b(),g.insert=c().bind(null,"head"),g.domAPI=i(),g.insertStyleElement=s(),e()(x.A,g),x.A&&x.A.locals&&x.A.locals}}]);