"""Everything of ours in a region by its tags, 100 a call, whatever service has it."""

from __future__ import annotations

from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Aws


def tagged(aws: Aws, kind: str) -> dict[str, dict[str, str]]:
    """ARN → tags of all resources of ``kind`` (``apprunner:service``, ``ecs:service``) that we made.

    Calls grow with pages. Tags of what was made seconds ago may be missing. Raises AwsError.
    """
    listed = aws.pages(
        "resourcegroupstaggingapi",
        "get_resources",
        "list what carries our tags",
        "ResourceTagMappingList",
        cursor="PaginationToken",
        TagFilters=[{"Key": tags.MANAGED, "Values": [tags.OURS]}],
        ResourceTypeFilters=[kind],
        ResourcesPerPage=100,
    )
    return {str(each["ResourceARN"]): tags.from_list(each.get("Tags") or ()) for each in listed}
