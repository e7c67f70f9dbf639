import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';

/** JupyterLab's own renderers, as elements; nothing in the texts is trusted. */
export function renderers(rendermime: IRenderMimeRegistry): {
  renderMarkdown: (text: string) => Promise<HTMLElement>;
  renderOutput: (text: string, stream: 'stdout' | 'stderr') => Promise<HTMLElement>;
} {
  const render = async (mime: string, text: string): Promise<HTMLElement> => {
    const renderer = rendermime.createRenderer(mime);
    await renderer.renderModel(new MimeModel({ data: { [mime]: text }, trusted: false }));
    Widget.prototype.addClass.call(renderer, 'nbt-rendered');
    return renderer.node;
  };
  return {
    renderMarkdown: text => render('text/markdown', text),
    renderOutput: (text, stream) => render(`application/vnd.jupyter.${stream}`, text)
  };
}
