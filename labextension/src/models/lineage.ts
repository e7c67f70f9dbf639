import { graphlib, layout } from '@dagrejs/dagre';

import { Lineage, LineageNode } from '../api/types';

const NODE = { width: 150, height: 40 };

export interface Placed extends LineageNode {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Drawing {
  width: number;
  height: number;
  nodes: Placed[];
  edges: { source: string; target: string; kind: string; points: { x: number; y: number }[] }[];
}

/** Places for the nodes, what came first at the top; `across` draws from left to right. */
export function drawing(lineage: Lineage, across: boolean): Drawing {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: across ? 'LR' : 'TB', nodesep: 14, ranksep: across ? 36 : 26, marginx: 6, marginy: 6 });
  graph.setDefaultEdgeLabel(() => ({}));
  lineage.nodes.forEach(node => graph.setNode(node.id, { ...NODE }));
  const known = new Set(lineage.nodes.map(node => node.id));
  const edges = lineage.edges.filter(edge => known.has(edge.source) && known.has(edge.target));
  edges.forEach(edge => graph.setEdge(edge.source, edge.target));
  layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.max(size.width ?? 0, NODE.width),
    height: Math.max(size.height ?? 0, NODE.height),
    nodes: lineage.nodes.map(node => {
      const at = graph.node(node.id) as { x: number; y: number };
      return { ...node, x: at.x, y: at.y, ...NODE };
    }),
    edges: edges.map(edge => ({
      ...edge,
      points: ((graph.edge(edge.source, edge.target) as { points?: { x: number; y: number }[] }).points ?? [])
    }))
  };
}
