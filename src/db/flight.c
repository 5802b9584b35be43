#include "db/lane.h"

#include "timebank/limits.h"

bool tb_db_flight_has_room(const struct tb_db_connection *connection)
{
    return connection->state == TB_DB_READY && !connection->renew &&
           connection->flight_count < connection->lane->depth_max;
}

static struct tb_db_segment *ring_slot(struct tb_db_connection *connection, unsigned offset)
{
    return &connection->flight[(connection->flight_head + offset) % connection->lane->depth_max];
}

static struct tb_db_segment ring_pop(struct tb_db_connection *connection)
{
    struct tb_db_segment segment = *ring_slot(connection, 0);
    connection->flight_head = (connection->flight_head + 1) % connection->lane->depth_max;
    connection->flight_count--;
    return segment;
}

static void break_connection(struct tb_db_connection *connection)
{
    connection->state = TB_DB_BROKEN;
    tb_db_lane_wake(connection->lane);
}

/* When the socket is full libpq reads while it sends, and what it read makes no event of its own:
 * it is seen at the latest with the answer to this segment, whose Sync was sent after it. */
static void flush(struct tb_db_connection *connection)
{
    int left = PQflush(connection->conn);
    if (left < 0) {
        break_connection(connection);
        return;
    }
    tb_db_connection_watch(connection, left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void tb_db_flight_sync(struct tb_db_connection *connection)
{
    if (connection->group_count == 0)
        return;
    connection->group_count = 0;
    if (connection->state != TB_DB_READY)
        return;
    struct tb_db_segment *last = ring_slot(connection, connection->flight_count - 1);
    if (tb_db_segment_sync(connection->conn, last) == TB_DB_SENT)
        flush(connection);
    else
        break_connection(connection);
}

bool tb_db_flight_send(struct tb_db_connection *connection, struct tb_db_job *job)
{
    struct tb_db_segment *segment = ring_slot(connection, connection->flight_count);
    bool shares = connection->lane->shares_sync && !job->alone;
    if (!shares)
        tb_db_flight_sync(connection);
    if (connection->state != TB_DB_READY)
        return false;
    enum tb_db_sent sent = tb_db_segment_send(connection->conn, &connection->prepared, job->steps,
                                              job->steps_count, segment);
    segment->job = job;
    if (sent == TB_DB_SENT_NO_SYNC) {
        break_connection(connection);
        return false;
    }
    if (connection->flight_count++ == 0)
        tb_db_connection_listen(connection);
    connection->group_count++;
    if (shares && connection->group_count < TB_LIMIT_READ_GROUP)
        tb_db_lane_wake(connection->lane);
    else
        tb_db_flight_sync(connection);
    return true;
}

static bool may_go_again(const struct tb_db_job *job, enum tb_db_remedy remedy)
{
    if (remedy == TB_DB_REMEDY_ALONE)
        return !job->alone;
    return remedy != TB_DB_REMEDY_NONE && !job->sent_again;
}

/* The head of the flight has ended. */
static void land(struct tb_db_connection *connection)
{
    struct tb_db_segment segment = ring_pop(connection);
    struct tb_db_lane *lane = connection->lane;
    enum tb_db_remedy remedy = tb_db_segment_remedy(&segment, &connection->prepared);
    if (remedy == TB_DB_REMEDY_RENEW)
        connection->renew = true;
    if (!lane->closing && may_go_again(segment.job, remedy)) {
        if (remedy == TB_DB_REMEDY_ALONE)
            segment.job->alone = true;
        else
            segment.job->sent_again = true;
        tb_db_lane_requeue(lane, segment.job);
    } else {
        struct tb_db_reply reply;
        tb_db_segment_reply(&segment, &reply);
        tb_db_job_answer(segment.job, &reply);
    }
    tb_db_segment_fini(&segment);
}

/* The last of an open group waits for its Sync, which is about to be sent: without it nobody could
 * tell whose answer the Sync's is. */
static bool may_receive(const struct tb_db_connection *connection)
{
    unsigned waiting = connection->group_count > 0 ? 1 : 0;
    return connection->state == TB_DB_READY && connection->flight_count > waiting &&
           !PQisBusy(connection->conn);
}

bool tb_db_flight_receive(struct tb_db_connection *connection)
{
    while (may_receive(connection)) {
        enum tb_db_taken taken = tb_db_segment_take(ring_slot(connection, 0), &connection->prepared,
                                                    PQgetResult(connection->conn));
        connection->heard_ms = tb_clock_monotonic().ms;
        if (taken == TB_DB_TAKEN_LOST)
            return false;
        if (taken == TB_DB_TAKEN_END)
            land(connection);
    }
    return connection->state == TB_DB_READY;
}

struct tb_msec tb_db_flight_deadline(struct tb_db_connection *connection)
{
    return ring_slot(connection, 0)->job->deadline;
}

void tb_db_flight_lose(struct tb_db_connection *connection)
{
    connection->group_count = 0;
    while (connection->flight_count > 0) {
        struct tb_db_segment segment = ring_pop(connection);
        tb_db_segment_fini(&segment);
        struct tb_db_reply reply =
            tb_db_reply_without_answer(TB_DB_UNKNOWN, "the connection ended before the answer");
        tb_db_job_answer(segment.job, &reply);
    }
}
