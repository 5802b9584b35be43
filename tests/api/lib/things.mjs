// One of everything in the community, so that each operation with an id has one to be asked for.
import { atCounter, closeWeek, draft, quarterBecomes, serve, weekBecomes } from "./acts.mjs";
import { pngOf, upload } from "./scans.mjs";
import { sheetBody } from "./sheets.mjs";
import {
    COMMUNITY, FAR_COMMUNITY, FROZEN, QUARTER_SETTLED, SETTLED, SIBLING, TODAY, WEEK, consentTo,
} from "./world.mjs";

const HOLIDAY = "2014-06-02";
const NOTICE = "371402-2014Q2-1";

// Of one who was served, and as if his daughter had signed, too.
async function rate(world, id) {
    await world.as.resident.ok("createFeedback", { path: { id }, body: { rating: 4 } });
    world.database.query(`INSERT INTO feedback (district_id, id, record_id, giver_id, revision, rating,
            via, closes_at, entered_by, given_at)
        SELECT district_id, gen_random_uuid(), record_id, '${world.persons.daughter.id}', 1, 3, via,
            closes_at, entered_by, given_at FROM feedback WHERE record_id = '${id}'`);
}

// Two records of the community, signed by code, are verified, and one of the sibling.
async function settleRecords(world) {
    const record = await serve(world);
    const other = await serve(world);
    await rate(world, record.id);
    const outside = await atCounter(world, {
        region_code: SIBLING, team_id: world.siblingTeam.id,
        volunteer_id: world.volunteers.siblingServer.id,
        registrar_id: world.persons.siblingLeader.id,
    }, world.as.subdistrictClerk);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await closeWeek(world.as.siblingSecretary, SIBLING);
    await world.as.siblingSecretary.ok("decideServiceRecord", {
        path: { id: outside.id },
        body: { decision: "accept", reason: "受助人家住北园社区,已电话核实" },
    });
    await weekBecomes(world, "settled", SETTLED);
    const { data } = await world.admin.ok("listSettlementRuns");
    const order = await world.admin.ok("startSettlementRun", { body: { dry_run: true } });
    await world.admin.ok("startSettlementRun", { body: { grain: "week", dry_run: false } });
    return { id: record.id, other: other.id, run_id: data[0].id, order_id: order.id };
}

// A record whose signature has been scanned.
async function scanRecord(world) {
    const { sha256 } = await upload(world.as.clerk, pngOf("签到表"));
    await atCounter(world, {
        service_date: "2014-05-13", minutes: 10,
        attestation: { method: "paper", attester_id: world.persons.recipient.id,
            capacity: "recipient", scan: sha256 },
    });
    return { sha256 };
}

// Two sheets of one line.
async function enterSheets(world) {
    const made = [];
    for (const day of ["2014-05-12", "2014-05-13"])
        made.push(await world.as.clerk.ok("createServiceSheet", {
            body: sheetBody(world, [{ volunteer_id: world.volunteers.server.id, minutes: 5 }],
                { service_date: day, starts_at: undefined, ends_at: undefined,
                    sheet_number: `巡逻-${day}` }),
        }));
    return { sheet_id: made[0].id };
}

// The notice on two boards of the community; gives one of its lines.
async function hangUp(world) {
    const path = { number: NOTICE };
    const board = (place) => ({ region_code: COMMUNITY, place, posted_at: QUARTER_SETTLED });
    const { postings: [posting] } = await world.as.secretary.ok("createNoticePostings",
        { path, body: { postings: [board("东门公示栏"), board("西门公示栏")] } });
    const { data: [line] } = await world.anyone.ok("listPublicNoticeLines", { path });
    return { posting_id: posting.id, line_code: line.line_code };
}

// Two residents object to it.
async function objectTwice(world) {
    const body = { region_code: COMMUNITY, statement: "多计了一次", objector_name: "周先生" };
    const first = await world.anyone.ok("filePublicObjection", { path: { number: NOTICE }, body });
    await world.as.clerk.ok("createObjection", { path: { number: NOTICE }, body });
    return { case_number: first.case_number };
}

// Two drafts without a team, of two months: they wait for the secretary.
async function leaveDrafts(world) {
    for (const service_date of [TODAY, "2014-04-10"])
        await draft(world, { team_id: undefined, service_date, minutes: 30 }, world.as.clerk);
}

// Both sides of a service say that its record is wrong.
async function reportErrors(world, id) {
    const body = { reason: "分钟数不符", wrong: ["minutes"], proposed: { minutes: 50 } };
    const path = { id };
    const request = await world.as.volunteer.ok("createCorrectionRequest", { path, body });
    await world.as.resident.ok("createCorrectionRequest", { path, body });
    return { correction_request_id: request.id };
}

// Both records of the community were shorter than was signed for.
async function correctBoth(world, records) {
    const made = [];
    for (const id of records)
        made.push(await world.as.subdistrictAdmin.ok("createLedgerCorrection",
            { path: { id }, body: { minutes: 50, reason: "实际50分钟" } }));
    return { correction_id: made[0].id };
}

// Two complaints about the server; the first is given.
async function complain(world) {
    const body = { volunteer_id: world.volunteers.server.id, matter: "lateness",
        content: "迟到半小时" };
    const made = await world.as.resident.ok("createComplaint", { body });
    await world.as.clerk.ok("createComplaint",
        { body: { ...body, complainant_name: "李大妈", via: "phone" } });
    return { complaint_id: made.id };
}

// The badges of the server's and the helper's award, out of the community's stocks.
async function handOver(world, award_id) {
    for (const star of [1, 2])
        await world.admin.ok("createBadgeMovement", { body: { kind: "receive", star, quantity: 9,
            to_region_code: COMMUNITY, reason: "送货单" } });
    const awards = await world.admin.all("listStarAwards");
    const made = new Map();
    for (const { id } of awards)
        made.set(id, await world.as.secretary.ok("createBadgeHandover",
            { path: { award_id: id }, body: { region_code: COMMUNITY, method: "paper" } }));
    const { id: handover_id, movement_id } = made.get(award_id);
    return { handover_id, movement_id, badge: "1.svg" };
}

// A certificate of service and one of a star, of the server, and two requests.
async function certify(world, award_id) {
    const path = { volunteer_id: world.volunteers.server.id };
    const body = { kind: "service", period_from: "2014-05-01", period_to: "2014-05-31" };
    const [service] = [
        await world.as.secretary.ok("createCertificate", { path, body }),
        await world.as.secretary.ok("createCertificate", { path, body: { kind: "star", award_id } }),
    ];
    const [request] = [
        await world.as.volunteer.ok("createCertificateRequest", { path, body }),
        await world.as.volunteer.ok("createCertificateRequest", { path, body }),
    ];
    return { certificate_id: service.id, certificate_number: service.number,
        certificate_request_id: request.id };
}

// What the world has one of only.
async function makeSeconds(world) {
    const { recipient, spouse, server } = world.persons;
    const { user } = world.as.clerk.actor;
    await Promise.all([
        world.admin.ok("createKinship", {
            body: { person_id: server.id, relative_id: spouse.id, relation: "spouse" },
        }),
        world.admin.ok("moveResidence", {
            path: { person_id: recipient.id },
            body: { region_code: COMMUNITY, household_id: world.households.recipients.id,
                valid_from: TODAY },
        }),
        world.admin.ok("createMembership", {
            path: { team_id: world.siblingTeam.id },
            body: { volunteer_id: world.volunteers.server.id },
        }),
        world.admin.ok("createGrant", {
            path: { user_id: user.id },
            body: { role: "information_officer", region_code: COMMUNITY },
        }),
    ]);
}

async function openBooks(world) {
    const made = [];
    for (const [key, award_year] of [["server", 2012], ["helper", 2013]]) {
        const volunteer_id = world.volunteers[key].id;
        const opening = await world.admin.ok("createOpeningBalance", {
            body: { volunteer_id, region_code: COMMUNITY, minutes: 600, served_until: "2014-02-28",
                place: "北园社区", evidence: "登记册" },
        });
        const award = await world.admin.ok("createStarAward", {
            body: { volunteer_id, kind: "opening", star: 1, award_year, evidence: "表彰名册" },
        });
        made.push({ record_id: opening.id, award_id: award.id });
    }
    return made[0];
}

// The community was always urban, and now that is known twice.
async function confirmSetting(world) {
    const path = { region_code: COMMUNITY };
    const { version } = await world.admin.ok("getRegion", { path });
    await world.admin.ok("changeRegionSetting",
        { path, match: version, body: { setting: "urban", valid_from: TODAY } });
}

async function setRules(world) {
    const policy = await world.admin.ok("createPolicy", {
        body: {
            name: "spot_check_percent", region_code: COMMUNITY, value: 20, source: "会议纪要",
            valid_from: "2014-06-01",
        },
    });
    for (const holiday_date of [HOLIDAY, "2014-10-01"])
        await world.admin.ok("createPublicHoliday", {
            body: { holiday_date, kind: "holiday", name: "节日", source: "国办发明电" },
        });
    const { data: [step] } = await world.admin.ok("listStarLadders");
    return { policy_id: policy.id, ...step };
}

// Two leavings of the server, of days before he joined: the API would ask for his membership to
// end.
function departTwice(world) {
    for (const year of [2011, 2012])
        world.database.query(`INSERT INTO volunteer_departures (district_id, id, volunteer_id,
            reason, valid_from, valid_to) VALUES (371402, gen_random_uuid(),
            '${world.volunteers.server.id}', '出国', '${year}-01-01', '${year}-02-01')`);
}

// Two of each thing that a volunteer has, of the server.
async function ofServer(world) {
    const path = { volunteer_id: world.volunteers.server.id };
    const add = (operation, ...bodies) =>
        Promise.all(bodies.map((body) => world.admin.ok(operation, { path, body })));
    const [skill] = await add("addVolunteerSkill", { skill_code: "law", level: 3 },
        { skill_code: "cooking", level: 1 });
    const [window] = await add("addAvailability",
        { weekday: 2, starts_at: "14:00", ends_at: "17:00" },
        { weekday: 4, starts_at: "09:00", ends_at: "11:00" });
    const [absence] = await add("addAbsence",
        { reason: "住院", valid_from: "2014-06-01", valid_to: "2014-06-08" },
        { reason: "探亲", valid_from: "2014-10-01" });
    for (const key of ["helper", "siblingServer"])
        await world.admin.ok("setReferral", {
            path: { volunteer_id: world.volunteers[key].id },
            body: { referred_by: path.volunteer_id },
        });
    return { volunteer_skill_id: skill.id, availability_id: window.id, absence_id: absence.id };
}

async function ofRecipient(world) {
    const path = { person_id: world.persons.recipient.id };
    const { data: [residence] } = await world.admin.ok("listResidences", { path });
    const { data: [category] } = await world.admin.ok("listPersonCategories", { path });
    const given = await world.admin.ok("giveConsent", { path, body: consentTo("ill") });
    return { ...path, residence_id: residence.id, category_id: category.id, consent_id: given.id };
}

// Two pools of the community; the server gives twice to the first.
async function fillPools(world) {
    const [pool_id] = await Promise.all(["爱心时间池", "助残时间池"].map(async (name) =>
        (await world.as.secretary.ok("createTimePool",
            { body: { region_code: COMMUNITY, name, purpose: "助老助残" } })).id));
    const path = { passbook_id: world.volunteers.server.passbook_id };
    const give = () => world.as.volunteer.ok("createDonation",
        { path, body: { pool_id, minutes: 10 } });
    const [donation] = [await give(), await give()];
    return { pool_id, donation_id: donation.id };
}

// Two books have gone to another district.
async function moveAway(world) {
    for (const name of ["迁出人甲", "迁出人乙"]) {
        const { passbook_id } = await world.newVolunteer(name);
        await world.admin.ok("transferPassbookOut", { path: { passbook_id },
            body: { to_district_code: "371403", evidence: "转移申请书" } });
    }
}

// A year that ended before the district began, as if two volunteers had been appraised and honoured in it.
function appraiseLastYear(world) {
    const { server, helper, siblingServer } = world.volunteers;
    world.database.query(`
        INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at, state,
            frozen_at, settled_at, digest, final_at)
        SELECT 371402, 'year', '2013-01-01', '2014-01-01', now(), now(), 'final', now(), now(),
            (draw_up_notice(371402, 'year', '2013-01-01', 1, '\\x01', now())).digest, now();
        INSERT INTO appraisals
        SELECT 371402, 2013, v.id::uuid, v.region, 6000, 600 + v.n, 0, 0, 0, 'pass', 0, 1, 1, v.n,
            v.n, now(), now()
        FROM (VALUES ('${server.id}', ${COMMUNITY}, 1), ('${helper.id}', ${COMMUNITY}, 2),
            ('${siblingServer.id}', ${FAR_COMMUNITY}, 1)) AS v (id, region, n);
        SELECT act_on_appraisal((371402, gen_random_uuid(), 2013::smallint, ${COMMUNITY}, 0, 'propose',
            '\\x01', NULL, u.person_id, u.id, now(), now()), '[]', '["${server.id}", "${helper.id}"]')
        FROM users AS u WHERE u.id = '${world.as.secretary.actor.user.id}'`);
    return { year: 2013 };
}

// A value for each path parameter of the contract.
export async function makeThings(world) {
    const actor = world.as.clerk.actor;
    const books = await openBooks(world);
    const { ladder, valid_from, star, policy_id } = await setRules(world);
    const recipient = await ofRecipient(world);
    const server = await ofServer(world);
    const { other, ...settled } = await settleRecords(world);
    const corrected = await correctBoth(world, [settled.id, other]);
    const pools = await fillPools(world);
    await moveAway(world);
    await quarterBecomes(world, "settled", QUARTER_SETTLED, "2014-04-01");
    const hung = { ...await hangUp(world), ...await objectTwice(world) };
    await makeSeconds(world);
    await leaveDrafts(world);
    const scanned = { ...await scanRecord(world), ...await enterSheets(world) };
    await confirmSetting(world);
    departTwice(world);
    const correction = await reportErrors(world, settled.id);
    const complaint = await complain(world);
    const badges = await handOver(world, books.award_id);
    const papers = await certify(world, books.award_id);
    const appraised = appraiseLastYear(world);
    return {
        ...complaint,
        ...badges,
        ...books,
        ...recipient,
        ...server,
        ...settled,
        ...correction,
        ...corrected,
        ...scanned,
        ...papers,
        ...appraised,
        ...pools,
        policy_id,
        ladder,
        valid_from,
        star,
        region_code: COMMUNITY,
        user_id: actor.user.id,
        grant_id: actor.grant.id,
        token_id: actor.tokenId,
        grain: "week",
        begin_date: WEEK,
        book_week: WEEK,
        passbook_id: world.volunteers.server.passbook_id,
        line_no: 2,
        household_id: world.households.servers.id,
        kinship_id: world.kinship.id,
        category_code: "home_care",
        skill_code: "law",
        holiday_date: HOLIDAY,
        team_id: world.team.id,
        membership_id: world.membership.id,
        volunteer_id: world.volunteers.server.id,
        code: "not_found",
        district_code: "371402",
        number: NOTICE,
        ...hung,
    };
}
