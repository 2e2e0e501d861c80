/* SPDX-License-Identifier: Apache-2.0
 *
 * Python values to the library's and back, and its failures to exceptions. All of it holds the
 * interpreter's lock, but for what says otherwise. */
#ifndef CONVERSIONS_H
#define CONVERSIONS_H

#include <Python.h>

#include "community.h"
#include "json_stream.h"

typedef int community_progress_fn(void *userdata, int64_t done, int64_t total);

/* ---- into the library ---- */

/* The bytes stay the Python object's, which the caller of the wrapper holds. */
static bool text_from(struct community_text *out, PyObject *value, const char *name)
{
    Py_ssize_t size;
    if (PyUnicode_Check(value)) {
        out->data = PyUnicode_AsUTF8AndSize(value, &size);
        if (out->data == NULL)
            return false;
        out->size = (size_t)size;
        return true;
    }
    if (PyBytes_Check(value)) {
        out->data = PyBytes_AS_STRING(value);
        out->size = (size_t)PyBytes_GET_SIZE(value);
        return true;
    }
    PyErr_Format(PyExc_TypeError, "%s must be str, not %.80s", name, Py_TYPE(value)->tp_name);
    return false;
}

static bool optional_text_from(struct community_text *out, PyObject *value, const char *name)
{
    *out = (struct community_text){NULL, 0};
    return value == Py_None || text_from(out, value, name);
}

/* A bool is no number here, and neither is 1.0. */
static bool integer_from(int64_t *out, PyObject *value, int64_t least, int64_t most,
                         const char *name)
{
    if (!PyLong_Check(value) || PyBool_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be int, not %.80s", name, Py_TYPE(value)->tp_name);
        return false;
    }
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0 && *out >= least && *out <= most)
        return true;
    PyErr_Format(PyExc_OverflowError, "%s must lie between %lld and %lld", name, (long long)least,
                 (long long)most);
    return false;
}

/* (lifecycle, state, unit, due_before, open_only, limit); None means any. */
static bool find_from(struct community_find *out, PyObject *value)
{
    *out = (struct community_find){.size = sizeof(*out)};
    if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) != 6) {
        PyErr_SetString(PyExc_TypeError, "find must be a tuple of six");
        return false;
    }
    PyObject *due_before = PyTuple_GET_ITEM(value, 3);
    if (!optional_text_from(&out->lifecycle, PyTuple_GET_ITEM(value, 0), "lifecycle") ||
        !optional_text_from(&out->state, PyTuple_GET_ITEM(value, 1), "state") ||
        !optional_text_from(&out->unit, PyTuple_GET_ITEM(value, 2), "unit") ||
        !integer_from(&out->limit, PyTuple_GET_ITEM(value, 5), 0, INT64_MAX, "limit"))
        return false;
    out->has_due_before = due_before != Py_None;
    if (out->has_due_before &&
        !integer_from(&out->due_before, due_before, INT64_MIN, INT64_MAX, "due_before"))
        return false;
    const int open_only = PyObject_IsTrue(PyTuple_GET_ITEM(value, 4));
    out->open_only = open_only == 1;
    return open_only >= 0;
}

/* ---- out of the library ---- */

static PyObject *text_to(struct community_text text)
{
    if (text.data == NULL)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text.data, (Py_ssize_t)text.size, "strict");
}

/* For sentences: one that was cut in the middle of a character is still shown. */
static PyObject *sentence_to(const char *sentence)
{
    return PyUnicode_DecodeUTF8(sentence, (Py_ssize_t)strlen(sentence), "replace");
}

static PyObject *verification_to(const struct community_verification *verification)
{
    return Py_BuildValue("(NLLLNNNN)", PyBool_FromLong(verification->is_whole),
                         (long long)verification->entry_count,
                         (long long)verification->record_count, (long long)verification->position,
                         sentence_to(verification->kind), sentence_to(verification->record),
                         sentence_to(verification->expected), sentence_to(verification->found));
}

/* ---- failures ---- */

/* A callback may have raised although the library did not mind. */
static bool succeeded(enum community_status status)
{
    return status == COMMUNITY_OK && PyErr_Occurred() == NULL;
}

/* What a callback raised stands; otherwise libcommunity.errors chooses the class. */
static void raise_failure(enum community_status status, const struct community_error *error)
{
    if (PyErr_Occurred() != NULL)
        return;
    PyObject *module = PyImport_ImportModule("libcommunity.errors");
    if (module == NULL)
        return;
    const bool is_told = error->status != COMMUNITY_OK;
    const char *word = community_status_name((int32_t)status);
    PyObject *exception = PyObject_CallMethod(
        module, "from_status", "iNNNNkk", (int)status, sentence_to(is_told ? error->code : word),
        sentence_to(is_told ? error->message : word),
        sentence_to(is_told ? error->message_zh : word), sentence_to(error->source),
        (unsigned long)error->line, (unsigned long)error->column);
    Py_DECREF(module);
    if (exception == NULL)
        return;
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
}

/* ---- callbacks; called without the interpreter's lock ---- */

/* Lets Ctrl-C and other signals through. The exception, if any, waits in the thread for the wrapper
 * to find it. */
static bool may_go_on(void)
{
    const PyGILState_STATE state = PyGILState_Ensure();
    const bool may = PyErr_Occurred() == NULL && PyErr_CheckSignals() == 0;
    PyGILState_Release(state);
    return may;
}

static int keep_json(void *userdata, struct community_text json)
{
    struct json_stream *stream = userdata;
    if (!json_stream_put(stream, json))
        return 1;
    return stream->taken % 256 == 0 && !may_go_on() ? 1 : 0;
}

/* `userdata` is a callable or None. It stops the call by returning False or by raising. */
static int report_progress(void *userdata, int64_t done, int64_t total)
{
    PyObject *callable = userdata;
    const PyGILState_STATE state = PyGILState_Ensure();
    bool may = PyErr_Occurred() == NULL && PyErr_CheckSignals() == 0;
    if (may && callable != Py_None) {
        PyObject *answer = PyObject_CallFunction(callable, "LL", (long long)done, (long long)total);
        may = answer != NULL && answer != Py_False;
        Py_XDECREF(answer);
    }
    PyGILState_Release(state);
    return may ? 0 : 1;
}

static void raise_stream_failure(const struct json_stream *stream)
{
    if (stream->failure == 0 || PyErr_Occurred() != NULL)
        return;
    if (stream->failure == ENOMEM) {
        PyErr_NoMemory();
        return;
    }
    errno = stream->failure;
    PyErr_SetFromErrno(PyExc_OSError);
}

#endif
