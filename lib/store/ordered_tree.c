/* SPDX-License-Identifier: Apache-2.0
 *
 * The treap behind ordered_tree.h: iterative, so that its depth costs no stack. */
#include "ordered_tree.h"

#include <assert.h>

void cm_tree_init(struct cm_tree *tree, cm_tree_compare_fn *compare)
{
    *tree = (struct cm_tree){.compare = compare, .seed = UINT64_C(0x9e3779b97f4a7c15)};
}

/* xorshift64*: its quality decides only how flat the tree is. */
static uint64_t next_priority(struct cm_tree *tree)
{
    uint64_t seed = tree->seed;
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    tree->seed = seed;
    return seed * UINT64_C(2685821657736338717);
}

/* Parts the tree under `node` into what is less and what is greater than `pivot`. */
static void split(const struct cm_tree *tree, struct cm_tree_node *node,
                  const struct cm_tree_node *pivot, struct cm_tree_node **less,
                  struct cm_tree_node **greater)
{
    while (node != NULL) {
        if (tree->compare(node, pivot) < 0) {
            *less = node;
            less = &node->right;
            node = node->right;
        } else {
            *greater = node;
            greater = &node->left;
            node = node->left;
        }
    }
    *less = NULL;
    *greater = NULL;
}

void cm_tree_insert(struct cm_tree *tree, struct cm_tree_node *node)
{
    node->priority = next_priority(tree);
    struct cm_tree_node **link = &tree->root;
    while (*link != NULL && (*link)->priority >= node->priority) {
        int order = tree->compare(node, *link);
        assert(order != 0);
        link = order < 0 ? &(*link)->left : &(*link)->right;
    }
    split(tree, *link, node, &node->left, &node->right);
    *link = node;
    tree->count++;
}

/* Joins two trees, all of `less` before all of `greater`, at `link`. */
static void merge(struct cm_tree_node **link, struct cm_tree_node *less,
                  struct cm_tree_node *greater)
{
    while (less != NULL && greater != NULL) {
        if (less->priority >= greater->priority) {
            *link = less;
            link = &less->right;
            less = less->right;
        } else {
            *link = greater;
            link = &greater->left;
            greater = greater->left;
        }
    }
    *link = less != NULL ? less : greater;
}

void cm_tree_remove(struct cm_tree *tree, struct cm_tree_node *node)
{
    struct cm_tree_node **link = &tree->root;
    while (*link != node) {
        assert(*link != NULL);
        link = tree->compare(node, *link) < 0 ? &(*link)->left : &(*link)->right;
    }
    merge(link, node->left, node->right);
    tree->count--;
}

struct cm_tree_node *cm_tree_find(const struct cm_tree *tree, const struct cm_tree_node *probe)
{
    struct cm_tree_node *node = tree->root;
    while (node != NULL) {
        int order = tree->compare(probe, node);
        if (order == 0)
            return node;
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

struct cm_tree_node *cm_tree_first(const struct cm_tree *tree)
{
    struct cm_tree_node *node = tree->root;
    while (node != NULL && node->left != NULL)
        node = node->left;
    return node;
}

struct cm_tree_node *cm_tree_after(const struct cm_tree *tree, const struct cm_tree_node *probe)
{
    struct cm_tree_node *least = NULL;
    struct cm_tree_node *node = tree->root;
    while (node != NULL) {
        if (tree->compare(probe, node) < 0) {
            least = node;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return least;
}
