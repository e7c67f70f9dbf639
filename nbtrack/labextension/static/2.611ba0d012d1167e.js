"use strict";(self.rspackChunknbtrack=self.rspackChunknbtrack||[]).push([[2],{29(t,n,r){var o=r(30),e=r.n(o),a=r(31),i=(r.n(a))()(e());i.push([t.id,`/* Everything is drawn with JupyterLab's variables, so that light, dark and high-contrast themes fit. */

.nbt-panel,
.nbt-page,
.nbt-dialog {
  --nbt-accent: var(--jp-brand-color1);
  --nbt-good: var(--jp-success-color1, #2e7d32);
  --nbt-warn: var(--jp-warn-color1, #ef6c00);
  --nbt-bad: var(--jp-error-color1, #c62828);
  /* Colours as text: so much of the theme's ink that they can be read on the panel's grounds, at 4.5 to 1. */
  --nbt-muted: color-mix(in srgb, var(--jp-ui-font-color1) 72%, transparent);
  --nbt-accent-ink: color-mix(in srgb, var(--nbt-accent) 74%, var(--jp-ui-font-color1));
  --nbt-good-ink: color-mix(in srgb, var(--nbt-good) 66%, var(--jp-ui-font-color1));
  --nbt-warn-ink: color-mix(in srgb, var(--nbt-warn) 50%, var(--jp-ui-font-color1));
  --nbt-bad-ink: color-mix(in srgb, var(--nbt-bad) 58%, var(--jp-ui-font-color1));
  --nbt-line: var(--jp-border-color2);
  --nbt-soft: var(--jp-layout-color2);
  --nbt-gap: 8px;
}

.nbt-panel,
.nbt-page {
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
  color: var(--nbt-muted);
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
  color: var(--nbt-muted);
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
  color: var(--nbt-accent-ink);
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

.nbt-action.nbt-primary:hover:not(:disabled) {
  background: color-mix(in srgb, var(--nbt-accent) 90%, var(--jp-ui-font-color1));
}

.nbt-action:disabled {
  opacity: 0.45;
  cursor: default;
}

.nbt-panel :is(button, select, input, textarea, summary, .nbt-list, .nbt-graph, pre, a):focus-visible,
.nbt-page :is(button, select, input, textarea, summary, .nbt-graph, pre, a):focus-visible {
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
  color: var(--nbt-muted);
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

/* JupyterLab's own rule for the dark theme is a specific one. */
:is(#nbtrack-runs, .nbt-panel.nbt-panel, .nbt-page.nbt-page, .nbt-dialog.nbt-dialog) input:is(.nbt-query-input, .nbt-input)::placeholder {
  color: color-mix(in srgb, var(--jp-ui-font-color1) 84%, transparent);
  opacity: 1;
}

.nbt-query-error {
  display: flex;
  flex-direction: column;
  gap: 2px;
  padding: 5px 2px 2px;
  color: var(--nbt-bad-ink);
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
  color: var(--nbt-muted);
  font-size: 10px;
  letter-spacing: 0.03em;
}

.nbt-kind-metric {
  color: var(--nbt-accent-ink);
}

.nbt-kind-param {
  color: var(--nbt-good-ink);
}

.nbt-count {
  min-height: 16px;
  padding: 0 10px 4px;
  font-size: 11px;
}

.nbt-running {
  color: var(--nbt-accent-ink);
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

.nbt-popover > .nbt-input {
  flex: none;
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

.nbt-sideways {
  display: flex;
  flex: 1;
  flex-direction: column;
  min-height: 0;
  overflow: auto hidden;
}

.nbt-table-frame {
  display: flex;
  flex: 1;
  flex-direction: column;
  min-height: 0;
}

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
  display: flex;
  min-width: 0;
  font-weight: 600;
  white-space: pre;
}

.nbt-stem {
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
}

.nbt-name {
  flex-shrink: 1000;
  color: var(--nbt-muted);
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
  display: flex;
  flex: 0 1 auto;
  gap: 3px;
  min-width: 0;
  overflow: hidden;
}

/* Where both have no room, the name is cut before its value. */
.nbt-pair > * {
  flex: 0 1 auto;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-pair > .nbt-muted {
  flex-shrink: 20;
  min-width: 2em;
}

.nbt-star {
  flex: none;
  width: 18px;
  height: 18px;
  padding: 0;
  border: 0;
  background: transparent;
  color: var(--nbt-muted);
  cursor: pointer;
}

.nbt-row .nbt-star:not(.nbt-on, :focus-visible) {
  display: none;
}

.nbt-row:hover .nbt-star:not(.nbt-on) {
  display: block;
}

.nbt-star .nbt-icon {
  width: 13px;
  height: 13px;
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
  color: var(--nbt-good-ink);
}

.nbt-chip.nbt-warn {
  background: color-mix(in srgb, var(--nbt-warn) 20%, transparent);
  color: var(--nbt-warn-ink);
}

.nbt-chip.nbt-bad {
  background: color-mix(in srgb, var(--nbt-bad) 16%, transparent);
  color: var(--nbt-bad-ink);
}

.nbt-chip.nbt-live {
  background: color-mix(in srgb, var(--nbt-accent) 18%, transparent);
  color: var(--nbt-accent-ink);
}

.nbt-note-mark {
  display: inline-flex;
  color: var(--nbt-warn-ink);
}

.nbt-note-mark .nbt-icon {
  width: 12px;
  height: 12px;
}

.nbt-has-note {
  color: var(--nbt-muted);
}

.nbt-second .nbt-spark {
  margin-left: auto;
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
  display: grid;
  flex: none;
  grid-template-columns: auto 1fr;
  align-items: center;
  column-gap: 5px;
  width: 68px;
}

.nbt-value {
  grid-column: 1 / -1;
  font-variant-numeric: tabular-nums;
  font-weight: 600;
  text-align: right;
}

.nbt-rank {
  color: var(--nbt-muted);
  font-size: 10px;
  line-height: 14px;
}

.nbt-rank.nbt-best {
  color: var(--nbt-accent-ink);
  font-weight: 600;
}

.nbt-bar {
  height: 3px;
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
  color: var(--nbt-muted);
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
  grid-template-columns: 26px 1fr 50px;
  width: auto;
}

.nbt-wide .nbt-value {
  grid-column: 3;
  grid-row: 1;
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
  color: var(--nbt-muted);
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

/* A run's page */

.nbt-detail,
.nbt-compare {
  display: flex;
  flex: 1;
  flex-direction: column;
  height: 100%;
  min-height: 0;
}

.nbt-scroll {
  flex: 1;
  min-height: 0;
  padding-bottom: 24px;
  overflow: auto;
}

.nbt-pad {
  padding: 8px 12px;
}

.nbt-top {
  display: flex;
  flex: none;
  align-items: center;
  gap: 4px;
  min-height: 32px;
  padding: 3px 8px;
  border-bottom: 1px solid var(--nbt-line);
}

.nbt-compare .nbt-top {
  flex-wrap: wrap;
}

.nbt-compare .nbt-top h2 {
  min-width: max-content;
}

.nbt-top h2 {
  margin: 0;
  padding-left: 6px;
  font-size: 15px;
}

.nbt-back {
  max-width: 60%;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-star.nbt-always {
  width: 24px;
  height: 24px;
  opacity: 1;
}

.nbt-star.nbt-always .nbt-icon {
  width: 16px;
  height: 16px;
}

.nbt-heading {
  padding: 10px 12px 4px;
}

.nbt-heading h2 {
  margin: 0 0 4px;
  font-size: 16px;
  line-height: 1.25;
  overflow-wrap: anywhere;
}

.nbt-wrap {
  flex-wrap: wrap;
}

.nbt-actions {
  display: flex;
  flex-wrap: wrap;
  gap: 2px;
  padding: 2px 6px 8px;
  border-bottom: 1px solid var(--nbt-line);
}

.nbt-remark {
  margin: 6px 12px;
  padding: 5px 10px;
  border-left: 3px solid var(--jp-border-color1);
  border-radius: 3px;
  background: var(--jp-layout-color2);
  font-size: 12px;
  overflow-wrap: anywhere;
}

.nbt-remark.nbt-warn {
  border-left-color: var(--nbt-warn);
  background: color-mix(in srgb, var(--nbt-warn) 8%, transparent);
}

.nbt-remark p,
p.nbt-remark {
  margin-top: 2px;
  margin-bottom: 2px;
}

.nbt-section {
  border-bottom: 1px solid color-mix(in srgb, var(--nbt-line) 60%, transparent);
}

.nbt-section > summary {
  display: flex;
  align-items: baseline;
  gap: 8px;
  padding: 7px 12px 7px 10px;
  cursor: pointer;
  font-weight: 600;
  list-style: none;
}

.nbt-section > summary::-webkit-details-marker {
  display: none;
}

.nbt-section > summary::before {
  width: 10px;
  color: var(--nbt-muted);
  content: '▸';
}

.nbt-section[open] > summary::before {
  content: '▾';
}

.nbt-section > summary .nbt-muted {
  overflow: hidden;
  font-size: 11px;
  font-weight: 400;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.nbt-section > summary:hover {
  background: color-mix(in srgb, var(--jp-layout-color2) 60%, transparent);
}

.nbt-section-body {
  padding: 2px 12px 12px;
}

.nbt-section-body h3,
.nbt-origin h3 {
  margin: 8px 0 2px;
  color: var(--nbt-muted);
  font-size: 11px;
  font-weight: 600;
  letter-spacing: 0.02em;
}

.nbt-origin > summary {
  padding: 6px 0 2px;
  cursor: pointer;
  font-size: 12px;
}

.nbt-detail.nbt-wide .nbt-columns {
  display: grid;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
}

.nbt-detail.nbt-wide .nbt-columns > :first-child {
  border-right: 1px solid var(--nbt-line);
}

.nbt-numbers {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(84px, 1fr));
  gap: 6px;
  margin-bottom: 8px;
}

.nbt-number {
  min-width: 0;
  padding: 6px 9px;
  border-radius: 6px;
  background: color-mix(in srgb, var(--nbt-accent) 8%, transparent);
  font-size: 11px;
}

.nbt-number b {
  font-size: 18px;
  font-variant-numeric: tabular-nums;
  font-weight: 600;
}

.nbt-table {
  width: 100%;
  border-collapse: collapse;
  font-size: 12px;
}

/* One column of names for all groups of params. */
.nbt-table th[scope='row'] {
  width: 42%;
}

.nbt-table :is(th, td) {
  padding: 2px 8px 2px 0;
  border-bottom: 1px solid color-mix(in srgb, var(--nbt-line) 45%, transparent);
  overflow-wrap: anywhere;
  text-align: left;
  vertical-align: top;
}

.nbt-table th {
  min-width: 70px;
  max-width: 190px;
  color: var(--nbt-muted);
  font-weight: 400;
}

.nbt-num {
  font-variant-numeric: tabular-nums;
}

.nbt-table td.nbt-num {
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-code-font-family);
  font-size: 11.5px;
}

.nbt-table td:is(.nbt-whole, .nbt-dtype) {
  white-space: nowrap;
}

.nbt-range {
  width: 96px;
  white-space: nowrap;
}

.nbt-detail:not(.nbt-wide) .nbt-dtype {
  display: none;
}

.nbt-link {
  padding: 0;
  border: 0;
  background: transparent;
  color: var(--jp-content-link-color, var(--nbt-accent));
  cursor: pointer;
  font: inherit;
  text-align: left;
}

.nbt-link:hover {
  text-decoration: underline;
}

.nbt-check-label {
  display: inline-flex;
  align-items: center;
  gap: 4px;
  color: var(--nbt-muted);
  font-size: 12px;
  white-space: nowrap;
}

.nbt-controls {
  flex-wrap: wrap;
  gap: 12px;
  margin-bottom: 6px;
  font-size: 12px;
}

.nbt-dataset {
  margin-bottom: 4px;
}

.nbt-dataset > summary {
  padding: 3px 0;
  cursor: pointer;
}

.nbt-digest {
  margin-left: 6px;
  color: var(--nbt-muted);
  font-family: var(--jp-code-font-family);
  font-size: 11px;
}

.nbt-histogram rect {
  fill: color-mix(in srgb, var(--nbt-accent) 65%, transparent);
}

.nbt-profile td,
.nbt-profile th {
  vertical-align: middle;
}

.nbt-section-body .nbt-input {
  width: 100%;
  margin: 4px 0;
  box-sizing: border-box;
}

.nbt-x-scroll {
  max-height: 420px;
  overflow: auto;
}

.nbt-trials th {
  position: sticky;
  top: 0;
  max-width: none;
  background: var(--jp-layout-color1);
  white-space: nowrap;
}

.nbt-figures {
  display: flex;
  flex-wrap: wrap;
  gap: 8px;
}

.nbt-figures img {
  max-width: 100%;
  border-radius: 4px;
  background: #fff;
}

.nbt-output {
  max-height: 300px;
  padding: 6px 8px;
  border-radius: 4px;
  background: var(--jp-layout-color2);
  overflow: auto;
}

.nbt-output pre {
  font-size: 12px;
  white-space: pre-wrap;
}

.nbt-stderr {
  background: color-mix(in srgb, var(--nbt-bad) 8%, transparent);
}

.nbt-source .nbt-rendered.jp-RenderedHTMLCommon pre {
  margin: 4px 0;
  padding: 8px;
  border-radius: 4px;
  background: var(--jp-cell-editor-background, var(--jp-layout-color2));
  font-size: 12px;
  overflow: auto;
}

.nbt-source .nbt-rendered.jp-RenderedHTMLCommon code {
  padding: 0;
  background: transparent;
  font-size: inherit;
  white-space: pre;
}

.nbt-rendered.jp-RenderedHTMLCommon {
  padding-right: 0;
  font-size: 13px;
}

.nbt-slice {
  margin-top: 8px;
}

.nbt-tags {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px;
  margin-top: 8px;
}

.nbt-tags form {
  flex: 1 1 130px;
}

.nbt-tag {
  display: inline-flex;
  align-items: center;
  gap: 2px;
  max-width: 100%;
  padding: 1px 3px 1px 7px;
  font-size: 11px;
}

.nbt-tag button {
  display: inline-flex;
  padding: 0;
  border: 0;
  background: transparent;
  color: inherit;
  cursor: pointer;
}

.nbt-tag .nbt-icon {
  width: 12px;
  height: 12px;
}

/* Charts */

.nbt-chart {
  position: relative;
  margin: 0 0 8px;
}

.nbt-chart figcaption {
  margin-bottom: 2px;
  color: var(--nbt-muted);
  font-size: 11px;
  font-weight: 600;
}

.nbt-charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
  gap: 8px 20px;
}

.nbt-plot {
  position: relative;
}

.nbt-chart svg {
  display: block;
  overflow: visible;
}

.nbt-grid {
  stroke: color-mix(in srgb, var(--nbt-line) 60%, transparent);
}

.nbt-tick {
  fill: var(--nbt-muted);
  font-size: 10px;
  font-variant-numeric: tabular-nums;
}

.nbt-curve {
  fill: none;
  stroke: var(--nbt-color);
  stroke-linejoin: round;
  stroke-width: 1.7;
}

.nbt-curve.nbt-faint {
  opacity: 0.22;
  stroke-width: 1.2;
}

.nbt-curve.nbt-dashed {
  stroke-dasharray: 5 3;
}

.nbt-chart circle {
  fill: var(--nbt-color);
}

.nbt-cross {
  stroke: var(--jp-border-color0, var(--jp-border-color1));
  stroke-dasharray: 2 2;
}

.nbt-readout {
  position: absolute;
  z-index: 5;
  top: 6px;
  max-width: 60%;
  padding: 4px 8px;
  border: 1px solid var(--nbt-line);
  border-radius: 4px;
  background: color-mix(in srgb, var(--jp-layout-color1) 94%, transparent);
  box-shadow: var(--jp-elevation-z2);
  font-size: 11px;
  pointer-events: none;
}

.nbt-readout b {
  font-variant-numeric: tabular-nums;
}

.nbt-legend {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  margin: 4px 0 0;
  padding: 0 0 0 46px;
  font-size: 11px;
  list-style: none;
}

.nbt-swatch {
  display: inline-block;
  flex: none;
  width: 9px;
  height: 9px;
  border-radius: 2px;
  background: var(--nbt-color);
}

/* Ten colours that stay apart on light and on dark ground (after Tableau 10). */
.nbt-color-0 { --nbt-color: #4e79a7; }
.nbt-color-1 { --nbt-color: #f28e2b; }
.nbt-color-2 { --nbt-color: #59a14f; }
.nbt-color-3 { --nbt-color: #e15759; }
.nbt-color-4 { --nbt-color: #76b7b2; }
.nbt-color-5 { --nbt-color: #b07aa1; }
.nbt-color-6 { --nbt-color: #d4ac1c; }
.nbt-color-7 { --nbt-color: #ff9da7; }
.nbt-color-8 { --nbt-color: #9c755f; }
.nbt-color-9 { --nbt-color: #8c8c8c; }

.nbt-parallel-line {
  cursor: pointer;
  fill: none;
  opacity: 0.75;
  stroke: var(--nbt-color);
  stroke-linejoin: round;
  stroke-width: 2;
}

.nbt-parallel-line.nbt-dim {
  opacity: 0.15;
}

.nbt-parallel-line.nbt-over-line {
  opacity: 1;
  stroke-width: 3.5;
}

.nbt-axis {
  stroke: var(--jp-border-color1);
}

.nbt-axis-name {
  fill: var(--jp-ui-font-color1);
  font-size: 11px;
  font-weight: 600;
}

.nbt-axis-name.nbt-metric {
  fill: var(--nbt-accent);
}

.nbt-point {
  cursor: pointer;
  opacity: 0.85;
  stroke: var(--jp-layout-color1);
}

.nbt-point:hover {
  opacity: 1;
  stroke: var(--jp-ui-font-color1);
}

/* Lineage */

.nbt-graph {
  max-height: 460px;
  overflow: auto;
}

.nbt-graph svg {
  display: block;
  margin: 0 auto;
}

.nbt-edge {
  fill: none;
  stroke: var(--jp-border-color0, var(--jp-border-color1));
  stroke-width: 1.2;
}

.nbt-edge-generated {
  stroke: color-mix(in srgb, var(--nbt-good) 70%, transparent);
}

.nbt-arrow {
  fill: var(--jp-border-color0, var(--jp-border-color1));
}

.nbt-node rect {
  fill: var(--jp-layout-color1);
  stroke: var(--jp-border-color1);
}

.nbt-node-dataset rect,
.nbt-node-file rect {
  fill: color-mix(in srgb, var(--nbt-good) 9%, var(--jp-layout-color1));
  stroke: color-mix(in srgb, var(--nbt-good) 45%, transparent);
}

.nbt-node-model rect,
.nbt-node-registered rect {
  fill: color-mix(in srgb, #b07aa1 12%, var(--jp-layout-color1));
  stroke: #b07aa1;
}

.nbt-node-run rect {
  fill: color-mix(in srgb, var(--nbt-accent) 9%, var(--jp-layout-color1));
  stroke: color-mix(in srgb, var(--nbt-accent) 50%, transparent);
}

.nbt-node.nbt-here rect {
  stroke: var(--nbt-accent);
  stroke-width: 2;
}

.nbt-node.nbt-walkable {
  cursor: pointer;
}

.nbt-node.nbt-walkable:is(:hover, :focus-visible) rect {
  stroke: var(--nbt-accent);
  stroke-width: 2;
}

.nbt-node-kind {
  fill: var(--nbt-muted);
  font-size: 9px;
}

.nbt-node-label {
  fill: var(--jp-ui-font-color1);
  font-size: 11px;
}

/* Sources and differences */

.nbt-diff {
  max-height: 420px;
  border: 1px solid var(--nbt-line);
  border-radius: 4px;
  overflow: auto;
}

.nbt-diff table {
  width: 100%;
  border-collapse: collapse;
  font-family: var(--jp-code-font-family);
  font-size: 11.5px;
  table-layout: fixed;
}

.nbt-diff th {
  padding: 2px 6px;
  background: var(--jp-layout-color2);
  color: var(--nbt-muted);
  font-family: var(--jp-ui-font-family);
  font-weight: 400;
  text-align: left;
}

.nbt-diff td {
  height: 16px;
  padding: 0 6px;
  overflow-wrap: anywhere;
  vertical-align: top;
  white-space: pre-wrap;
}

.nbt-diff td + td,
.nbt-diff th + th {
  border-left: 1px solid var(--nbt-line);
}

.nbt-removed {
  background: color-mix(in srgb, var(--nbt-bad) 14%, transparent);
}

.nbt-added {
  background: color-mix(in srgb, var(--nbt-good) 16%, transparent);
}

.nbt-absent {
  background: color-mix(in srgb, var(--jp-layout-color2) 70%, transparent);
}

.nbt-reason {
  padding: 5px 0;
  border-bottom: 1px solid color-mix(in srgb, var(--nbt-line) 50%, transparent);
}

.nbt-reason > .nbt-line {
  align-items: baseline;
  gap: 8px;
}

.nbt-reason .nbt-kind {
  flex: none;
  width: 54px;
}

.nbt-change {
  min-width: 0;
  font-family: var(--jp-code-font-family);
  font-size: 12px;
  overflow-wrap: anywhere;
}

.nbt-change span:first-child {
  color: var(--nbt-bad-ink);
}

.nbt-change span:last-child {
  color: var(--nbt-good-ink);
}

.nbt-detail-text {
  margin: 2px 0 2px 62px;
  color: var(--nbt-muted);
  font-family: var(--jp-ui-font-family);
  font-size: 12px;
  white-space: pre-wrap;
}

/* Comparison */

.nbt-matrix {
  border-collapse: collapse;
  font-size: 12px;
}

.nbt-matrix :is(th, td) {
  min-width: 96px;
  max-width: 240px;
  padding: 4px 12px 4px 0;
  border-bottom: 1px solid color-mix(in srgb, var(--nbt-line) 50%, transparent);
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
  text-align: left;
  vertical-align: top;
}

.nbt-matrix th {
  font-weight: 400;
}

.nbt-matrix thead :is(th, td) {
  position: sticky;
  z-index: 1;
  top: 0;
  background: var(--jp-layout-color1);
}

.nbt-matrix tbody th {
  color: var(--nbt-muted);
}

.nbt-matrix .nbt-equal td {
  color: var(--nbt-muted);
}

.nbt-best-cell {
  font-weight: 700;
}

.nbt-run-head {
  gap: 6px;
  font-weight: 600;
}

.nbt-run-label {
  display: flex;
  min-width: 0;
  white-space: nowrap;
}

.nbt-run-label > :last-child {
  flex: none;
}

.nbt-narrow .nbt-matrix :is(th, td) {
  min-width: 64px;
  max-width: 120px;
}

.nbt-narrow .nbt-matrix .nbt-bar {
  width: 60px;
}

.nbt-narrow .nbt-run-head {
  max-width: 110px;
}

.nbt-run-head .nbt-button {
  width: 18px;
  height: 18px;
  opacity: 0;
}

.nbt-run-head:hover .nbt-button,
.nbt-run-head .nbt-button:focus-visible {
  opacity: 1;
}

.nbt-matrix .nbt-bar {
  width: 90px;
}

/* Dialogs */

.nbt-modal .jp-Dialog-content {
  width: min(620px, 92vw);
  max-width: none;
}

.nbt-dialog {
  display: flex;
  flex-direction: column;
  gap: 8px;
  max-height: 62vh;
  overflow: auto;
}

.nbt-dialog p {
  margin: 0;
}

.nbt-dialog > .nbt-action,
.nbt-form > .nbt-action {
  align-self: flex-start;
}

.nbt-form {
  display: flex;
  flex-direction: column;
  gap: 8px;
}

.nbt-form label:not(.nbt-check-label) {
  display: flex;
  flex-direction: column;
  gap: 3px;
  color: var(--nbt-muted);
  font-size: 12px;
}

.nbt-dialog .nbt-remark,
.nbt-dialog .nbt-problem {
  margin: 2px 0;
}

.nbt-progress progress {
  width: 100%;
  accent-color: var(--nbt-accent);
}

.nbt-copyable {
  display: flex;
  align-items: center;
  gap: 10px;
  margin: 4px 0 8px;
  padding: 6px 10px;
  border-radius: 4px;
  background: var(--jp-layout-color2);
}

.nbt-copyable code {
  flex: 1;
  font-family: var(--jp-code-font-family);
  font-size: 12px;
  overflow-wrap: anywhere;
  user-select: all;
}

.nbt-flash {
  animation: nbt-flash 1.5s ease-out;
}

@keyframes nbt-flash {
  from {
    background: color-mix(in srgb, var(--jp-brand-color1) 30%, transparent);
  }
}

.nbt-small {
  margin: 4px 0 0;
  font-size: 11px;
}
`,""]),r.d(n,{},{A:i})},31(t){t.exports=function(t){var n=[];return n.toString=function(){return this.map(function(n){var r="",o=void 0!==n[5];return n[4]&&(r+="@supports (".concat(n[4],") {")),n[2]&&(r+="@media ".concat(n[2]," {")),o&&(r+="@layer".concat(n[5].length>0?" ".concat(n[5]):""," {")),r+=t(n),o&&(r+="}"),n[2]&&(r+="}"),n[4]&&(r+="}"),r}).join("")},n.i=function(t,r,o,e,a){"string"==typeof t&&(t=[[null,t,void 0]]);var i={};if(o)for(var l=0;l<this.length;l++){var b=this[l][0];null!=b&&(i[b]=!0)}for(var p=0;p<t.length;p++){var d=[].concat(t[p]);o&&i[d[0]]||(void 0!==a&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=a),r&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=r),e&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=e):d[4]="".concat(e)),n.push(d))}},n}},30(t){t.exports=function(t){return t[1]}},23(t){var n=[];function r(t){for(var r=-1,o=0;o<n.length;o++)if(n[o].identifier===t){r=o;break}return r}function o(t,o){for(var e={},a=[],i=0;i<t.length;i++){var l=t[i],b=o.base?l[0]+o.base:l[0],p=e[b]||0,d="".concat(b," ").concat(p);e[b]=p+1;var c=r(d),s={css:l[1],media:l[2],sourceMap:l[3],supports:l[4],layer:l[5]};if(-1!==c)n[c].references++,n[c].updater(s);else{var x=function(t,n){var r=n.domAPI(n);return r.update(t),function(n){n?(n.css!==t.css||n.media!==t.media||n.sourceMap!==t.sourceMap||n.supports!==t.supports||n.layer!==t.layer)&&r.update(t=n):r.remove()}}(s,o);o.byIndex=i,n.splice(i,0,{identifier:d,updater:x,references:1})}a.push(d)}return a}t.exports=function(t,e){var a=o(t=t||[],e=e||{});return function(t){t=t||[];for(var i=0;i<a.length;i++){var l=r(a[i]);n[l].references--}for(var b=o(t,e),p=0;p<a.length;p++){var d=r(a[p]);0===n[d].references&&(n[d].updater(),n.splice(d,1))}a=b}}},25(t){var n={};t.exports=function(t,r){var o=function(t){if(void 0===n[t]){var r=document.querySelector(t);if(window.HTMLIFrameElement&&r instanceof window.HTMLIFrameElement)try{r=r.contentDocument.head}catch(t){r=null}n[t]=r}return n[t]}(t);if(!o)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");o.appendChild(r)}},27(t){t.exports=function(t){var n=document.createElement("style");return t.setAttributes(n,t.attributes),t.insert(n,t.options),n}},26(t,n,r){t.exports=function(t){var n=r.nc;n&&t.setAttribute("nonce",n)}},24(t){t.exports=function(t){if("u"<typeof document)return{update:function(){},remove:function(){}};var n=t.insertStyleElement(t);return{update:function(r){var o,e,a;o="",r.supports&&(o+="@supports (".concat(r.supports,") {")),r.media&&(o+="@media ".concat(r.media," {")),(e=void 0!==r.layer)&&(o+="@layer".concat(r.layer.length>0?" ".concat(r.layer):""," {")),o+=r.css,e&&(o+="}"),r.media&&(o+="}"),r.supports&&(o+="}"),(a=r.sourceMap)&&"u">typeof btoa&&(o+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),t.styleTagTransform(o,n,t.options)},remove:function(){var t;null===(t=n).parentNode||t.parentNode.removeChild(t)}}}},28(t){t.exports=function(t,n){if(n.styleSheet)n.styleSheet.cssText=t;else{for(;n.firstChild;)n.removeChild(n.firstChild);n.appendChild(document.createTextNode(t))}}},22(t,n,r){var o=r(23),e=r.n(o),a=r(24),i=r.n(a),l=r(25),b=r.n(l),p=r(26),d=r.n(p),c=r(27),s=r.n(c),x=r(28),u=r.n(x),f=r(29),g={};g.styleTagTransform=u(),g.setAttributes=d(),g.insert=b().bind(null,"head"),g.domAPI=i(),g.insertStyleElement=s(),e()(f.A,g),f.A&&f.A.locals&&f.A.locals}}]);