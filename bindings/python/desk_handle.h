/* SPDX-License-Identifier: Apache-2.0
 *
 * A desk as Python holds it: the library's desk, what its clock says, and where its randomness
 * comes from. */
#ifndef DESK_HANDLE_H
#define DESK_HANDLE_H

#include "conversions.h"

struct desk_handle {
    struct community_desk *desk; /* NULL once closed */
    /* A clock cannot fail in the middle of a decision. So Python asks its own clock before each
     * call and leaves the answer here. */
    community_time_ms now;
    PyObject *random; /* a callable from a count to that many bytes, or NULL */
};

static community_time_ms told_now(void *userdata)
{
    const struct desk_handle *handle = userdata;
    return handle->now;
}

static bool fill_random(struct desk_handle *handle, uint8_t *bytes, size_t size)
{
    if (PyErr_Occurred() != NULL)
        return false;
    PyObject *answer = PyObject_CallFunction(handle->random, "n", (Py_ssize_t)size);
    if (answer == NULL)
        return false;
    const bool fits = PyBytes_Check(answer) && (size_t)PyBytes_GET_SIZE(answer) == size;
    if (fits)
        memcpy(bytes, PyBytes_AS_STRING(answer), size);
    else
        PyErr_Format(PyExc_ValueError, "random(%zu) must return bytes of that size", size);
    Py_DECREF(answer);
    return fits;
}

/* Called without the interpreter's lock. */
static bool ask_random(void *userdata, uint8_t *bytes, size_t size)
{
    const PyGILState_STATE state = PyGILState_Ensure();
    const bool filled = fill_random(userdata, bytes, size);
    PyGILState_Release(state);
    return filled;
}

/* Twice does nothing. */
static void desk_close(struct desk_handle *handle)
{
    struct community_desk *desk = handle->desk;
    handle->desk = NULL;
    PyThreadState *state = PyEval_SaveThread();
    community_desk_close(desk);
    PyEval_RestoreThread(state);
    Py_CLEAR(handle->random);
}

static void desk_handle_free(struct desk_handle *handle)
{
    if (handle == NULL)
        return;
    desk_close(handle);
    free(handle);
}

static void desk_set_now(struct desk_handle *handle, community_time_ms now)
{
    handle->now = now;
}

/* Called without the interpreter's lock. With `has_clock` the desk goes by desk_set_now, and begins
 * with `now`. */
static enum community_status desk_open(struct desk_handle *handle, struct community_text uri,
                                       uint32_t flags, int32_t busy_timeout_ms, bool has_clock,
                                       community_time_ms now, struct community_error *err)
{
    const struct community_desk_configuration configuration = {
        .size = sizeof(configuration),
        .flags = flags,
        .busy_timeout_ms = busy_timeout_ms,
        .now = has_clock ? told_now : NULL,
        .now_userdata = handle,
        .random = handle->random != NULL ? ask_random : NULL,
        .random_userdata = handle,
    };
    handle->now = now;
    return community_desk_open(&handle->desk, uri, &configuration, err);
}

/* `random` is a callable or None. */
static struct desk_handle *desk_handle_new(PyObject *random)
{
    if (random != Py_None && !PyCallable_Check(random)) {
        PyErr_SetString(PyExc_TypeError, "random must be callable or None");
        return NULL;
    }
    struct desk_handle *handle = calloc(1, sizeof(*handle));
    if (handle == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (random != Py_None) {
        Py_INCREF(random);
        handle->random = random;
    }
    return handle;
}

#endif
