/* SPDX-License-Identifier: Apache-2.0
 *
 * An ordered set of things that carry their own node, so that adding and removing never allocate
 * and a rollback cannot fail. A treap: balanced by priorities that do not depend on the keys. */
#ifndef CM_ORDERED_TREE_H
#define CM_ORDERED_TREE_H

#include <stddef.h>
#include <stdint.h>

struct cm_tree_node {
    struct cm_tree_node *left;
    struct cm_tree_node *right;
    uint64_t priority;
};

/* <0, 0, >0. Probes for searching are compared too: they need only what the order looks at. */
typedef int cm_tree_compare_fn(const struct cm_tree_node *a, const struct cm_tree_node *b);

struct cm_tree {
    struct cm_tree_node *root;
    cm_tree_compare_fn *compare;
    uint64_t seed; /* of the next priority: the same calls build the same tree */
    size_t count;
};

/* The thing that `pointer`, not NULL, is the `member` of. */
#define CM_TREE_ITEM(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(void *)(pointer)-offsetof(type, member)))
#define CM_TREE_CONST_ITEM(pointer, type, member)                                                  \
    ((const type *)(const void *)((const char *)(const void *)(pointer)-offsetof(type, member)))

void cm_tree_init(struct cm_tree *tree, cm_tree_compare_fn *compare);
/* Nothing equal may be in the tree. */
void cm_tree_insert(struct cm_tree *tree, struct cm_tree_node *node);
/* The node itself must be in the tree. */
void cm_tree_remove(struct cm_tree *tree, struct cm_tree_node *node);
/* NULL when there is none. */
struct cm_tree_node *cm_tree_find(const struct cm_tree *tree, const struct cm_tree_node *probe);
struct cm_tree_node *cm_tree_first(const struct cm_tree *tree);
/* The least node greater than the probe, which need not be in the tree. */
struct cm_tree_node *cm_tree_after(const struct cm_tree *tree, const struct cm_tree_node *probe);

#endif
