/* SPDX-License-Identifier: Apache-2.0
 *
 * The generated layer of the Python package: thin, ugly, complete, and imported by nobody but
 * libcommunity itself. Statuses become exceptions, out parameters become results, None for a handle
 * is refused, texts keep their NULs, integers keep their 64 bits. */
%module(package="libcommunity", threads="1") generated

/* The interpreter's lock is held everywhere but where a call reaches the disk. */
%nothread;
%thread desk_open;
%thread community_desk_install;
%thread community_desk_submit;
%thread community_desk_preview;
%thread community_desk_begin;
%thread community_desk_commit;
%thread community_desk_rollback;
%thread community_desk_tick;
%thread community_desk_get;
%thread community_desk_options;
%thread community_desk_find;
%thread community_desk_history;
%thread community_desk_summary;
%thread community_desk_outbox;
%thread community_desk_acknowledge;
%thread community_desk_verify;
%thread community_desk_backup;

%{
#include "conversions.h"
#include "desk_handle.h"
%}

%include <stdint.i>
typedef int64_t community_time_ms;

/* ---- integers ---- */

%define EXACT_INTEGER(TYPE, LEAST, MOST)
%typemap(in) TYPE (int64_t wide)
{
    if (!integer_from(&wide, $input, LEAST, MOST, "$1_name"))
        SWIG_fail;
    $1 = (TYPE)wide;
}
%enddef

EXACT_INTEGER(int64_t, INT64_MIN, INT64_MAX)
EXACT_INTEGER(community_time_ms, INT64_MIN, INT64_MAX)
EXACT_INTEGER(int32_t, INT32_MIN, INT32_MAX)
EXACT_INTEGER(uint32_t, 0, UINT32_MAX)
EXACT_INTEGER(size_t, 0, INT64_MAX)

%typemap(out) int64_t, community_time_ms, int32_t "$result = PyLong_FromLongLong($1);"

%define INTEGER_OUT(TYPE, NAME)
%typemap(in, numinputs=0) TYPE *NAME (TYPE number = 0) "$1 = &number;"
%typemap(argout) TYPE *NAME
{
    if (succeeded(result))
        $result = SWIG_Python_AppendOutput($result, PyLong_FromLongLong(*$1));
}
%enddef

INTEGER_OUT(int64_t, fired_out)
INTEGER_OUT(community_time_ms, due_out)
INTEGER_OUT(community_time_ms, time_out)
INTEGER_OUT(int32_t, offset_minutes_out)


%typemap(check) int32_t offset_minutes
{
    if ($1 <= -24 * 60 || $1 >= 24 * 60)
        SWIG_exception_fail(SWIG_ValueError, "offset_minutes is a day or more");
}

/* ---- texts ---- */

%typemap(in) struct community_text
{
    if (!text_from(&$1, $input, "$1_name"))
        SWIG_fail;
}
%typemap(in) struct community_text calendar, struct community_text source
{
    if (!optional_text_from(&$1, $input, "$1_name"))
        SWIG_fail;
}
%typemap(out) struct community_text
{
    $result = text_to($1);
    if ($result == NULL)
        SWIG_fail;
}
%typemap(out) struct community_id
{
    $result = PyBytes_FromStringAndSize((const char *)$1.bytes, (Py_ssize_t)sizeof($1.bytes));
}
%typemap(in, numinputs=0) char text_out[ANY] (char text[$1_dim0]) "$1 = text;"
%typemap(argout) char text_out[ANY]
{
    $result = SWIG_Python_AppendOutput($result, sentence_to($1));
}
%typemap(in, numinputs=0) uint8_t hash_out[ANY] (uint8_t hash[$1_dim0]) "$1 = hash;"
%typemap(argout) uint8_t hash_out[ANY]
{
    if (succeeded(result))
        $result = SWIG_Python_AppendOutput(
            $result, PyBytes_FromStringAndSize((const char *)$1, $1_dim0));
}

/* ---- handles ---- */

%define PYTHON_HANDLE(NAME)
%typemap(in, numinputs=0) struct community_##NAME **NAME##_out
    (struct community_##NAME *made = NULL) "$1 = &made;"
%typemap(argout) struct community_##NAME **NAME##_out
{
    if (succeeded(result))
        $result = SWIG_Python_AppendOutput(
            $result, SWIG_NewPointerObj(*$1, $descriptor(struct community_##NAME *),
                                        SWIG_POINTER_OWN));
    else
        community_##NAME##_free(*$1);
}
%typemap(check) struct community_##NAME *, const struct community_##NAME *
{
    if ($1 == NULL)
        SWIG_exception_fail(SWIG_TypeError, "a " #NAME " is needed, not None");
}
%enddef

PYTHON_HANDLE(rulebook)
PYTHON_HANDLE(command)
PYTHON_HANDLE(receipt)
PYTHON_HANDLE(document)
PYTHON_HANDLE(digest)
PYTHON_HANDLE(zone)

%typemap(in, numinputs=0) const struct community_allocator *allocator "$1 = NULL;"

/* Where the library wants its desk, a script gives its handle. */
%typemap(in) struct community_desk *desk (void *pointer = NULL)
{
    if (!SWIG_IsOK(SWIG_ConvertPtr($input, &pointer, $descriptor(struct desk_handle *), 0)) ||
        pointer == NULL)
        SWIG_exception_fail(SWIG_TypeError, "a desk is needed");
    $1 = ((struct desk_handle *)pointer)->desk;
    if ($1 == NULL)
        SWIG_exception_fail(SWIG_ValueError, "the desk is closed");
}
%typemap(check) struct desk_handle *, struct json_stream *
{
    if ($1 == NULL)
        SWIG_exception_fail(SWIG_TypeError, "a handle is needed, not None");
}

/* ---- structs ---- */

%typemap(in) const struct community_find *find (struct community_find wanted)
{
    if (!find_from(&wanted, $input))
        SWIG_fail;
    $1 = &wanted;
}
%typemap(in, numinputs=0) struct community_verification *verification_out
    (struct community_verification verification)
{
    memset(&verification, 0, sizeof(verification));
    verification.size = sizeof(verification);
    $1 = &verification;
}
%typemap(argout) struct community_verification *verification_out
{
    if (succeeded(result))
        $result = SWIG_Python_AppendOutput($result, verification_to($1));
}

/* ---- callbacks ---- */

%typemap(in) (community_progress_fn *progress, void *userdata)
{
    if ($input != Py_None && !PyCallable_Check($input))
        SWIG_exception_fail(SWIG_TypeError, "progress must be callable or None");
    $1 = report_progress;
    $2 = $input;
}
%typemap(in, numinputs=0) (community_json_fn *callback, void *userdata)
    (struct json_stream *stream = NULL)
{
    stream = json_stream_new();
    if (stream == NULL) {
        PyErr_NoMemory();
        SWIG_fail;
    }
    $1 = keep_json;
    $2 = stream;
}
%typemap(argout) (community_json_fn *callback, void *userdata)
{
    if (succeeded(result) && json_stream_rewind(stream$argnum)) {
        $result = SWIG_Python_AppendOutput(
            $result, SWIG_NewPointerObj(stream$argnum, $descriptor(struct json_stream *),
                                        SWIG_POINTER_OWN));
        stream$argnum = NULL;
    } else {
        raise_stream_failure(stream$argnum);
    }
}
%typemap(freearg) (community_json_fn *callback, void *userdata) "json_stream_free(stream$argnum);"

/* ---- statuses ---- */

/* `err` is every function's last parameter, so all results are made when it is looked at. */
%typemap(in, numinputs=0) struct community_error *err (struct community_error error)
{
    memset(&error, 0, sizeof(error));
    $1 = &error;
}
%typemap(out) enum community_status
{
    $result = SWIG_Py_Void();
}
%typemap(argout) struct community_error *err
{
    if (!succeeded(result)) {
        raise_failure(result, $1);
        Py_CLEAR($result);
        SWIG_fail;
    }
}

/* ---- the surface ---- */

%include "constants.i"
%include "handles.i"

struct desk_handle {
    %extend {
        ~desk_handle()
        {
            desk_handle_free($self);
        }
    }
};
%typemap(out) struct desk_handle *
{
    if ($1 == NULL)
        SWIG_fail;
    $result = SWIG_NewPointerObj($1, $1_descriptor, SWIG_POINTER_OWN);
}
struct desk_handle *desk_handle_new(PyObject *random);
enum community_status desk_open(struct desk_handle *handle, struct community_text uri,
                                uint32_t flags, int32_t busy_timeout_ms, bool has_clock,
                                community_time_ms now, struct community_error *err);
void desk_close(struct desk_handle *handle);
void desk_set_now(struct desk_handle *handle, community_time_ms now);

struct json_stream {
    %extend {
        ~json_stream()
        {
            json_stream_free($self);
        }
    }
};
%inline %{
/* The next answer, or None after the last. */
static PyObject *json_stream_next(struct json_stream *stream)
{
    struct community_text json;
    if (!stream->is_writing && json_stream_take(stream, &json))
        return text_to(json);
    raise_stream_failure(stream);
    if (PyErr_Occurred() != NULL)
        return NULL;
    Py_RETURN_NONE;
}
%}

%include "surface.i"
