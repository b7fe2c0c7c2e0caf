"""The Skill-Map and its vocabulary: labelling, discovery, propagation, editing, versions, audit.

Which skills a response lacks is `method/missing_skills.py`."""
