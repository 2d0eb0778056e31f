"""Doses belong to records, come in their order, and give two records of one human being away."""

from __future__ import annotations


def test_every_dose_has_its_record_and_facility(nation) -> None:
    assert nation.one("select count(*) from doses anti join persons using (person_id)") == 0
    assert nation.one("select count(*) from doses anti join facilities using (facility_code)") == 0
    assert nation.one("select count(*) - count(distinct dose_id) from doses") == 0


def test_about_as_many_doses_a_person_as_counted(nation) -> None:
    each = nation.one("select (select count(*) from doses) / count(*) from persons")
    assert 2.1 < each < 2.6  # 196.7 million doses of 82.3 million persons on 8 April 2022


def test_doses_of_a_human_being_come_in_their_order(nation) -> None:
    backwards = nation.one(
        """select count(*) from (
            select vaccinated_on <= lag(vaccinated_on) over w as early,
                dose_number <> lag(dose_number) over w as other
            from (select distinct human_id, dose_number, vaccinated_on
                from doses join truth using (person_id))
            window w as (partition by human_id order by dose_number))
        where early and other"""
    )
    assert backwards == 0
    outside = "vaccinated_on not between '2021-03-08' and '2022-04-24'"
    assert nation.one(f"select count(*) from doses where {outside}") == 0


def test_children_were_vaccinated_when_they_might_be(nation) -> None:
    early = nation.one(
        """select count(*) from doses join truth using (person_id)
        where age < 12 and vaccinated_on < '2022-04-14'
            or age < 18 and vaccinated_on < '2021-10-27'
            or age < 5"""
    )
    assert early == 0


def test_two_records_of_one_human_being_share_the_doses(nation) -> None:
    both = nation.sql(
        """select count(*), count(*) filter (n > 1) from (
            select human_id, dose_number, count(*) as n,
                count(distinct (vaccinated_on, vaccine_code, lot, doses.facility_code)) as kinds
            from doses join truth using (person_id)
            where human_id in (select human_id from truth group by 1 having count(*) = 2)
            group by all)
        where kinds = 1"""
    )[0]
    assert both[0] > 1000
    assert 100 < both[1] < both[0] / 2  # entered twice, with the same facts
    alone = nation.one(
        """select count(*) from (select person_id from truth where human_id in
            (select human_id from truth group by 1 having count(*) = 2))
        anti join doses using (person_id)"""
    )
    assert alone == 0


def test_a_lot_is_of_one_product(nation) -> None:
    mixed = nation.one(
        """select count(*) from (
            select lot from doses group by 1 having count(distinct vaccine_code) > 1)"""
    )
    assert mixed == 0
