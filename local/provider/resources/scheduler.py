"""EventBridge Scheduler: groups and schedules."""

from __future__ import annotations

from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging


class ScheduleGroup(ApiResource):
    token = "aws:scheduler/scheduleGroup:ScheduleGroup"
    calls = Calls(
        "scheduler", "create_schedule_group", "get_schedule_group", None, "delete_schedule_group"
    )
    inputs = ("name",)
    replace = ("name",)
    name = "name"
    id_form = "{name}"
    key = table(Name="name")
    outputs = table(
        arn="Arn",
        state="State",
        creationDate="CreationDate",
        lastModificationDate="LastModificationDate",
    )
    tagging = Tagging("scheduler")


class Schedule(ApiResource):
    token = "aws:scheduler/schedule:Schedule"
    calls = Calls(
        "scheduler", "create_schedule", "get_schedule", "update_schedule", "delete_schedule"
    )
    inputs = (
        "name",
        "groupName",
        "description",
        "scheduleExpression",
        "scheduleExpressionTimezone",
        "state",
        "flexibleTimeWindow",
        "target",
        "kmsKeyArn",
        "actionAfterCompletion",
    )
    replace = ("name", "groupName")
    defaults = table(groupName="default", scheduleExpressionTimezone="UTC", state="ENABLED")
    name = "name"
    id_form = "{groupName}/{name}"
    key = table(Name="name", GroupName="groupName")
    outputs = table(arn="Arn")
